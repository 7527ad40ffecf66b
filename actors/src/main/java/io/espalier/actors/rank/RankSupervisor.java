package io.espalier.actors.rank;

import io.espalier.actors.meter.Metered;
import java.time.Clock;
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
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/** Starts ranks and watches them. A rank that is given up fails every request to it with the cause, and says so. */
public final class RankSupervisor extends AbstractMatchingBehavior<RankSupervisor.Command> {
    /** The messages that the supervisor takes. */
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

    /** Stop one rank, which frees its memory. Requests to it that it has not begun with fail. */
    public record Release(RankLink rank) implements Command {}

    private enum Check implements Command {
        INSTANCE
    }

    /** Looks at the watchdog within one deadline. */
    private static final int CHECKS = 4;

    private static final String DISPATCHER = "espalier.rank-dispatcher";

    private final ActorContext<Command> context;
    private final RankSettings settings;
    private final Map<ActorRef<Void>, Watched> ranks = new HashMap<>();

    private record Watched(RankLink link, RankMonitor monitor) {}

    private final Runnable onHung;

    private RankSupervisor(
            ActorContext<Command> context, TimerScheduler<Command> timers, RankSettings settings, Runnable onHung) {
        super(context);
        this.context = context;
        this.settings = settings;
        this.onHung = onHung;
        timers.startTimerWithFixedDelay(Check.INSTANCE, settings.watchdog().dividedBy(CHECKS));
    }

    /** Makes the supervisor of ranks whose process goes on without one that hangs; all requests to that one fail. */
    public static Behavior<Command> create(RankSettings settings) {
        return create(settings, () -> {});
    }

    /**
     * Makes the supervisor of ranks in a process that may have to end.
     *
     * @param onHung called when a rank's thread does not come back, after all that is asked of it has failed
     */
    public static Behavior<Command> create(RankSettings settings, Runnable onHung) {
        Behavior<Command> supervisor = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new RankSupervisor(context, timers, settings, onHung)));
        return Metered.behavior(Command.class, "rank-supervisor", supervisor);
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Start start -> onStart(start);
            case Check _ -> onCheck();
            case Release release -> onRelease(release.rank);
            case Stop stop -> Behaviors.stopped(() -> stop.stopped.complete(null));
        };
    }

    private Behavior<Command> onCheck() {
        for (Watched watched : ranks.values()) {
            RankHung hung = watched.monitor.check(settings.watchdog());
            if (hung != null) {
                context.getLog().error(hung.getMessage());
                watched.link.died(hung);
                onHung.run();
            }
        }
        return this;
    }

    private Behavior<Command> onRelease(RankLink link) {
        ranks.forEach((ref, watched) -> {
            if (watched.link == link) {
                context.stop(ref);
            }
        });
        return this;
    }

    private Behavior<Command> onStart(Start start) {
        RankMonitor monitor = new RankMonitor(start.name, System::nanoTime, Clock.systemUTC());
        ActorRef<RankWorker.Command> rank = context.spawn(
                RankWorker.create(start.factory, start.turn, monitor, settings),
                start.name,
                DispatcherSelector.fromConfig(DISPATCHER).withMailboxFromConfig(Metered.MAILBOX));
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
        if (watched != null && !watched.monitor.isHung()) {
            if (!(original instanceof IllegalStateException)) {
                watched.monitor.failed(original);
                watched.monitor.givenUp();
                context.getLog().warn("rank [{}] is given up: {}", ref.path().name(), original.getMessage());
            }
            watched.link.died(original);
        }
        return this;
    }
}
