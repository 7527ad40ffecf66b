package io.espalier.actors.node;

import io.espalier.actors.meter.Metered;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.gpu.Refused;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Parent of the one host in a rank's process: how the host ends is how the process ends. */
final class RankGuardian extends AbstractMatchingBehavior<RankGuardian.Command> {
    private static final int UNEXPECTED = 1;

    /** The messages that the guardian takes. */
    sealed interface Command {}

    /** Run the host; {@code ended} gets the exit status when it is gone. */
    record Host(Behavior<HostProtocol.Command> behavior, CompletableFuture<Integer> ended) implements Command {}

    /** End the host when what it does is kept; {@code done} completes when it is gone, at once where there is none. */
    record Park(CompletableFuture<Done> done) implements Command {}

    private final ActorContext<Command> context;
    /** Null before there is one, and when it is gone. */
    private ActorRef<HostProtocol.Command> host;

    private CompletableFuture<Done> parked = new CompletableFuture<>();
    /** Null before there is a host. */
    private CompletableFuture<Integer> ended;

    private RankGuardian(ActorContext<Command> context) {
        super(context);
        this.context = context;
    }

    static Behavior<Command> create() {
        return Behaviors.setup(RankGuardian::new);
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Host(Behavior<HostProtocol.Command> behavior, CompletableFuture<Integer> reply) -> {
                ended = reply;
                host = context.spawn(behavior, "host", Metered.mailbox());
                context.watch(host);
                yield this;
            }
            case Park(CompletableFuture<Done> done) -> {
                parked = done;
                if (host == null) {
                    parked.complete(Done.getInstance());
                } else {
                    host.tell(new HostProtocol.Park());
                }
                yield this;
            }
        };
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof ChildFailed failed) {
            context.getLog().error("the rank's host has failed", failed.cause());
            ended.complete(
                    failed.cause() instanceof Refused refused ? refused.reason().exitCode() : UNEXPECTED);
        } else if (signal instanceof Terminated) {
            ended.complete(0);
        }
        host = null;
        parked.complete(Done.getInstance());
        return this;
    }
}
