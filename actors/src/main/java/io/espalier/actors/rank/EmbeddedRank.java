package io.espalier.actors.rank;

import io.espalier.actors.meter.Metered;
import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.rank.ProcessStatus.State;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Runs one rank inside the node's process: starts its host, tells the coordinator when that has ended, and starts another
 * with growing pauses, as {@link RankProcess} does with processes. Each has an incarnation of its own.
 */
public final class EmbeddedRank extends AbstractMatchingBehavior<EmbeddedRank.Command> {
    /** The messages that the actor takes. */
    public sealed interface Command {}

    /** Park the host, then end. */
    public enum Stop implements Command {
        INSTANCE
    }

    /** Start a rank again that is given up. */
    public enum Revive implements Command {
        INSTANCE
    }

    private enum Tick implements Command {
        START,
        GRACE_OVER
    }

    /**
     * The parts that the actor works with.
     *
     * @param hosts makes the host of an incarnation
     * @param incarnations gives another number for each host
     * @param nanoClock monotonic
     * @param onGivenUp told once, when the rank will not be started again
     */
    public record Setup(
            RankPlace place,
            RankProcessSettings settings,
            LongFunction<Behavior<HostProtocol.Command>> hosts,
            ActorRef<CoordinatorProtocol.Command> coordinator,
            LongSupplier incarnations,
            LongSupplier nanoClock,
            Consumer<ProcessStatus> onGivenUp) {}

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final Setup setup;
    private final AtomicReference<ProcessStatus> status;
    /** Null while there is none. */
    private ActorRef<HostProtocol.Command> host;

    private final Restarts restarts;

    private boolean stopping;

    private EmbeddedRank(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            Setup setup,
            AtomicReference<ProcessStatus> status) {
        super(context);
        this.context = context;
        this.timers = timers;
        this.setup = setup;
        this.status = status;
        this.restarts = new Restarts(setup.settings, setup.nanoClock);
        start();
    }

    public static Behavior<Command> create(Setup setup, AtomicReference<ProcessStatus> status) {
        return Metered.behavior(
                Command.class,
                "embedded-rank",
                Behaviors.setup(
                        context -> Behaviors.withTimers(timers -> new EmbeddedRank(context, timers, setup, status))));
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Stop _ -> onStop();
            case Revive _ -> onRevive();
            case Tick.START -> {
                start();
                yield this;
            }
            case Tick.GRACE_OVER -> {
                context.getLog()
                        .warn("rank [{}] has not parked in [{}]", setup.place.name(), setup.settings.stopGrace());
                yield Behaviors.stopped();
            }
        };
    }

    private Behavior<Command> onRevive() {
        if (status.get().state() == State.GIVEN_UP && !stopping) {
            context.getLog().info("rank [{}] was given up and is started again", setup.place.name());
            timers.cancel(Tick.START);
            restarts.forget();
            start();
        }
        return this;
    }

    private void start() {
        long incarnation = setup.incarnations.getAsLong();
        restarts.started();
        status.updateAndGet(
                s -> s.started(ProcessHandle.current().pid(), incarnation).member());
        // The host makes itself: a refusal then is a failure of the host, which is followed by another.
        host = context.spawn(
                Behaviors.setup(_ -> setup.hosts.apply(incarnation)), "host-" + incarnation, Metered.mailbox());
        context.watch(host);
    }

    private Behavior<Command> onStop() {
        stopping = true;
        timers.cancel(Tick.START);
        if (host == null) {
            status.updateAndGet(s -> s.state() == State.GIVEN_UP ? s : s.ended(State.STOPPED, s.cause()));
            return Behaviors.stopped();
        }
        host.tell(new HostProtocol.Park());
        timers.startSingleTimer(Tick.GRACE_OVER, setup.settings.stopGrace());
        return this;
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        return switch (signal) {
            case ChildFailed failed -> onFailed(failed.cause());
            case Terminated _ -> onParked();
            default -> this;
        };
    }

    private Behavior<Command> onParked() {
        gone("parked");
        if (stopping) {
            status.updateAndGet(s -> s.ended(State.STOPPED, ""));
            return Behaviors.stopped();
        }
        status.updateAndGet(ProcessStatus::replaced);
        start();
        return this;
    }

    private Behavior<Command> onFailed(Throwable failure) {
        String cause = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        gone(cause);
        if (stopping) {
            status.updateAndGet(s -> s.ended(State.STOPPED, cause));
            return Behaviors.stopped();
        }
        Optional<Duration> pause = restarts.failed();
        boolean hopeless = failure instanceof Refused refused && refused.reason() != Refused.Reason.TRY_AGAIN;
        if (hopeless || pause.isEmpty()) {
            ProcessStatus last = status.updateAndGet(s -> s.ended(State.GIVEN_UP, cause));
            context.getLog().error("rank [{}] is given up: {}", setup.place.name(), cause);
            setup.onGivenUp.accept(last);
            if (!hopeless) {
                timers.startSingleTimer(Revive.INSTANCE, setup.settings.reviveAfter());
            }
        } else {
            status.updateAndGet(s -> s.lost(cause));
            context.getLog().warn("rank [{}] has ended: {}; again in [{}]", setup.place.name(), cause, pause.get());
            timers.startSingleTimer(Tick.START, pause.get());
        }
        return this;
    }

    private void gone(String cause) {
        host = null;
        setup.coordinator.tell(
                new CoordinatorProtocol.Gone(setup.place.name(), status.get().incarnation(), cause));
    }
}
