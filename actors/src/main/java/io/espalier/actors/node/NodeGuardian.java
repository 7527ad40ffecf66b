package io.espalier.actors.node;

import io.espalier.actors.meter.Metered;
import io.espalier.actors.rank.RankProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Parent of what a node runs. */
final class NodeGuardian extends AbstractMatchingBehavior<NodeGuardian.Command> {
    /** What the guardian can be told. */
    sealed interface Command {}

    /** Run something under that name. */
    record Run<T>(Behavior<T> behavior, String name, CompletableFuture<ActorRef<T>> reply) implements Command {}

    /** Run a rank's process. */
    record RunProcess(Behavior<RankProcess.Command> behavior, String name) implements Command {}

    /** End the processes of all ranks; the reply completes when none is left. */
    record StopProcesses(CompletableFuture<Done> reply) implements Command {}

    private final ActorContext<Command> context;
    private final List<ActorRef<RankProcess.Command>> processes = new ArrayList<>();
    /** Null until asked. */
    private CompletableFuture<Done> stopped;

    private NodeGuardian(ActorContext<Command> context) {
        super(context);
        this.context = context;
    }

    static Behavior<Command> create() {
        return Behaviors.setup(NodeGuardian::new);
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        switch (command) {
            case Run<?> run -> onRun(run);
            case RunProcess(Behavior<RankProcess.Command> behavior, String name) -> {
                ActorRef<RankProcess.Command> process = context.spawn(
                        behavior, name, DispatcherSelector.blocking().withMailboxFromConfig(Metered.MAILBOX));
                context.watch(process);
                processes.add(process);
            }
            case StopProcesses(CompletableFuture<Done> reply) -> {
                stopped = reply;
                processes.forEach(process -> process.tell(RankProcess.Stop.INSTANCE));
                tellWhenStopped();
            }
        }
        return this;
    }

    private <T> void onRun(Run<T> run) {
        run.reply.complete(context.spawn(run.behavior, run.name, Metered.mailbox()));
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof Terminated terminated) {
            processes.removeIf(
                    process -> process.path().equals(terminated.getRef().path()));
            tellWhenStopped();
        }
        return this;
    }

    private void tellWhenStopped() {
        if (stopped != null && processes.isEmpty()) {
            stopped.complete(Done.getInstance());
        }
    }
}
