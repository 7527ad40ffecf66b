package io.espalier.actors.node;

import io.espalier.actors.meter.Metered;
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
    /** The messages that the guardian takes. */
    sealed interface Command {}

    /** Run something under that name. */
    record Run<T>(Behavior<T> behavior, String name, CompletableFuture<ActorRef<T>> reply) implements Command {}

    /** Run what keeps a rank; it may block, ends when it is told {@code stop}, and starts one that is given up when revived. */
    record RunRank<T>(Behavior<T> behavior, T stop, T revive, String name) implements Command {}

    /** Start a rank again that is given up. */
    record Revive(String name) implements Command {}

    /** End all ranks; the reply completes when none is left. */
    record StopRanks(CompletableFuture<Done> reply) implements Command {}

    private record Kept<T>(ActorRef<T> rank, T stop, T revive) {
        void end() {
            rank.tell(stop);
        }

        void startAgain() {
            rank.tell(revive);
        }
    }

    private final ActorContext<Command> context;
    private final List<Kept<?>> ranks = new ArrayList<>();
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
            case RunRank<?> rank -> onRunRank(rank);
            case Revive(String name) ->
                ranks.stream()
                        .filter(kept -> kept.rank.path().name().equals(name))
                        .forEach(Kept::startAgain);
            case StopRanks(CompletableFuture<Done> reply) -> {
                stopped = reply;
                ranks.forEach(Kept::end);
                tellWhenStopped();
            }
        }
        return this;
    }

    private <T> void onRunRank(RunRank<T> run) {
        ActorRef<T> rank = context.spawn(
                run.behavior, run.name, DispatcherSelector.blocking().withMailboxFromConfig(Metered.MAILBOX));
        context.watch(rank);
        ranks.add(new Kept<>(rank, run.stop, run.revive));
    }

    private <T> void onRun(Run<T> run) {
        run.reply.complete(context.spawn(run.behavior, run.name, Metered.mailbox()));
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof Terminated terminated) {
            ranks.removeIf(kept -> kept.rank.path().equals(terminated.getRef().path()));
            tellWhenStopped();
        }
        return this;
    }

    private void tellWhenStopped() {
        if (stopped != null && ranks.isEmpty()) {
            stopped.complete(Done.getInstance());
        }
    }
}
