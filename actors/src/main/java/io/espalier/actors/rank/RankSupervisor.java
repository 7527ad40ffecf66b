package io.espalier.actors.rank;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Starts ranks and watches them. A rank that is given up fails every request to it with the cause, and says so. */
public final class RankSupervisor extends AbstractMatchingBehavior<RankSupervisor.Command> {
    /** What the supervisor can be asked. */
    public sealed interface Command {}

    /** Start a rank; the link is given before the rank has loaded. */
    public record Start(String name, RankFactory factory, ComputeTurn turn, CompletableFuture<RankLink> reply)
            implements Command {}

    /** Stop all ranks, which free their memory, then this actor; completes {@code stopped} when that is done. */
    public record Stop(CompletableFuture<Void> stopped) implements Command {
        public static Stop all() {
            return new Stop(new CompletableFuture<>());
        }
    }

    private static final String DISPATCHER = "espalier.rank-dispatcher";

    private final ActorContext<Command> context;
    private final RankSettings settings;
    private final Map<ActorRef<Void>, Watched> ranks = new HashMap<>();

    private record Watched(RankLink link, RankMonitor monitor) {}

    private RankSupervisor(ActorContext<Command> context, RankSettings settings) {
        super(context);
        this.context = context;
        this.settings = settings;
    }

    public static Behavior<Command> create(RankSettings settings) {
        return Behaviors.setup(context -> new RankSupervisor(context, settings));
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Start start -> onStart(start);
            case Stop stop -> Behaviors.stopped(() -> stop.stopped.complete(null));
        };
    }

    private Behavior<Command> onStart(Start start) {
        RankMonitor monitor = new RankMonitor(start.name);
        ActorRef<RankWorker.Command> rank = context.spawn(
                RankWorker.create(start.factory, start.turn, monitor, settings),
                start.name,
                DispatcherSelector.fromConfig(DISPATCHER));
        RankLink link = new RankLink(rank, monitor, settings);
        ranks.put(rank.unsafeUpcast(), new Watched(link, monitor));
        context.watch(rank);
        start.reply.complete(link);
        return this;
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof ChildFailed failed) {
            return onGone(failed.getRef(), failed.cause());
        }
        if (signal instanceof Terminated terminated) {
            return onGone(terminated.getRef(), new IllegalStateException("the rank has stopped"));
        }
        return this;
    }

    private Behavior<Command> onGone(ActorRef<Void> ref, Throwable cause) {
        Watched watched = ranks.remove(ref);
        boolean wrapped = cause instanceof RankWorker.RestartableFailure;
        Throwable original = wrapped ? cause.getCause() : cause;
        if (watched != null) {
            if (!(original instanceof IllegalStateException)) {
                watched.monitor.failed();
                context.getLog().warn("rank [{}] is given up: {}", ref.path().name(), original.getMessage());
            }
            watched.link.died(original);
        }
        return this;
    }
}
