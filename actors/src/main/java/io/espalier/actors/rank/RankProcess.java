package io.espalier.actors.rank;

import io.espalier.actors.meter.Metered;
import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.rank.ProcessStatus.State;
import io.espalier.gpu.Refused;
import io.espalier.streams.transport.TransportLost;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Runs one rank as a process: starts it, tells the coordinator and the cluster at once when it has ended, and starts it
 * again with growing pauses. It owns the process: whatever ends this actor ends the process too.
 */
public final class RankProcess extends AbstractMatchingBehavior<RankProcess.Command> {
    /** The messages that the actor takes. */
    public sealed interface Command {}

    /** End the process, then this actor. */
    public enum Stop implements Command {
        INSTANCE
    }

    private record Exited(long incarnation, int status) implements Command {}

    private record Membership(MemberEvent event) implements Command {}

    /** Start a rank again that is given up. */
    public enum Revive implements Command {
        INSTANCE
    }

    private enum Tick implements Command {
        START,
        CHECK,
        GRACE_OVER
    }

    /**
     * The parts that the actor works with.
     *
     * @param incarnations gives another number for each process
     * @param nanoClock monotonic
     * @param onGivenUp told once, when the rank will not be started again
     */
    public record Setup(
            RankPlace place,
            RankProcessSettings settings,
            RankLauncher launcher,
            ActorRef<CoordinatorProtocol.Command> coordinator,
            LongSupplier incarnations,
            LongSupplier nanoClock,
            Consumer<ProcessStatus> onGivenUp) {}

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final Setup setup;
    private final AtomicReference<ProcessStatus> status;
    /** Null while no process runs. */
    private RankChild child;

    private final Restarts restarts;
    /** The address of the running process in the cluster; null before it is known. */
    private Address address;
    /** The cause for which the running process is being killed; null where it is not. */
    private String killCause;

    private boolean stopping;

    private RankProcess(
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
        Cluster.get(context.getSystem())
                .subscriptions()
                .tell(Subscribe.create(context.messageAdapter(MemberEvent.class, Membership::new), MemberEvent.class));
        timers.startTimerWithFixedDelay(Tick.CHECK, setup.settings.checkEvery());
        start();
    }

    /** The actor blocks while a process starts: spawn it on a dispatcher for that. */
    public static Behavior<Command> create(Setup setup, AtomicReference<ProcessStatus> status) {
        Behavior<Command> process = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new RankProcess(context, timers, setup, status)));
        return Metered.behavior(Command.class, "rank-process", process);
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Exited exited -> onExited(exited);
            case Membership(MemberEvent event) -> onMember(event);
            case Stop _ -> onStop();
            case Revive _ -> onRevive();
            case Tick tick -> onTick(tick);
        };
    }

    private Behavior<Command> onTick(Tick tick) {
        switch (tick) {
            case START -> start();
            case CHECK -> checkMemory();
            case GRACE_OVER -> kill("has not ended " + setup.settings.stopGrace() + " after leaving");
        }
        return this;
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
        address = null;
        killCause = null;
        timers.cancel(Tick.GRACE_OVER);
        restarts.started();
        try {
            child = setup.launcher.launch(setup.place, incarnation);
        } catch (UncheckedIOException | Refused | TransportLost e) {
            status.updateAndGet(s -> s.started(0, incarnation));
            failed("cannot be started: " + e.getMessage());
            return;
        }
        status.updateAndGet(s -> s.started(child.pid(), incarnation));
        context.getLog().info("rank [{}] starts as process [{}]", setup.place.name(), child.pid());
        context.pipeToSelf(child.onExit(), (code, _) -> new Exited(incarnation, code));
    }

    private Behavior<Command> onExited(Exited exited) {
        if (exited.incarnation != status.get().incarnation()) {
            return this;
        }
        String ended = RankExit.describe(exited.status);
        String cause = killCause == null ? ended : killCause;
        String lastLines = child.lastLines();
        child = null;
        downMember();
        setup.coordinator.tell(new CoordinatorProtocol.Gone(setup.place.name(), exited.incarnation, cause));
        if (stopping) {
            status.updateAndGet(s -> s.ended(State.STOPPED, cause));
            return Behaviors.stopped();
        }
        if (killCause == null && exited.status == 0) {
            status.updateAndGet(ProcessStatus::replaced);
            timers.startSingleTimer(Tick.START, Duration.ZERO);
        } else if (killCause == null && RankExit.isFinal(exited.status)) {
            giveUp(cause + ": " + lastLines);
            timers.cancel(Revive.INSTANCE);
        } else {
            failed(cause);
        }
        return this;
    }

    /** Tells the cluster that the member is gone, so that nobody need wait for a failure detector. */
    private void downMember() {
        if (address != null) {
            Cluster.get(context.getSystem()).manager().tell(new Down(address));
        }
    }

    private void failed(String cause) {
        Optional<Duration> pause = restarts.failed();
        if (pause.isEmpty()) {
            giveUp(cause + ", " + restarts.failures() + " times in a row");
            return;
        }
        status.updateAndGet(s -> s.lost(cause));
        context.getLog().warn("rank [{}] has ended: {}; again in [{}]", setup.place.name(), cause, pause.get());
        timers.startSingleTimer(Tick.START, pause.get());
    }

    private void giveUp(String cause) {
        ProcessStatus last = status.updateAndGet(s -> s.ended(State.GIVEN_UP, cause));
        context.getLog().error("rank [{}] is given up: {}", setup.place.name(), cause);
        setup.onGivenUp.accept(last);
        timers.startSingleTimer(Revive.INSTANCE, setup.settings.reviveAfter());
    }

    private Behavior<Command> onMember(MemberEvent event) {
        Member member = event.member();
        if (!RankRoles.isOf(member, setup.place)) {
            return this;
        }
        boolean running = child != null
                && RankRoles.isOf(member, setup.place, status.get().incarnation());
        if (isDown(event)) {
            if (running && !stopping) {
                kill("the cluster has let it go");
            }
        } else if (event instanceof MemberRemoved) {
            if (running) {
                timers.startSingleTimer(Tick.GRACE_OVER, setup.settings.stopGrace());
            }
        } else if (running) {
            address = member.address();
            status.updateAndGet(ProcessStatus::member);
        } else {
            Cluster.get(context.getSystem()).manager().tell(new Down(member.address()));
        }
        return this;
    }

    private static boolean isDown(MemberEvent event) {
        return event.member().status().equals(MemberStatus.down())
                || (event instanceof MemberRemoved removed
                        && removed.previousStatus().equals(MemberStatus.down()));
    }

    private void checkMemory() {
        if (child == null) {
            return;
        }
        long bytes = child.residentBytes();
        status.updateAndGet(s -> s.resident(bytes));
        long limit = setup.settings.memoryLimitBytes();
        if (limit > 0 && bytes > limit) {
            kill("holds " + (bytes >> 20) + " MiB, and may hold " + setup.settings.memoryLimitMib());
        }
    }

    private void kill(String cause) {
        if (child != null && killCause == null) {
            killCause = cause;
            child.kill();
        }
    }

    private Behavior<Command> onStop() {
        stopping = true;
        timers.cancel(Tick.START);
        if (child == null) {
            status.updateAndGet(s -> s.state() == State.GIVEN_UP ? s : s.ended(State.STOPPED, s.cause()));
            return Behaviors.stopped();
        }
        child.terminate();
        timers.startSingleTimer(Tick.GRACE_OVER, setup.settings.stopGrace());
        return this;
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof PostStop && child != null) {
            child.kill();
        }
        return this;
    }
}
