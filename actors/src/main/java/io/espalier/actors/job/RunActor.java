package io.espalier.actors.job;

import io.espalier.actors.meter.Metered;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * A run's state and its inbox. It lets batches through or makes them wait, and has one thing at a time done to the
 * student: a step, or what comes between two steps. Wishes may be told before the run has begun; orders wait until
 * then.
 */
public final class RunActor extends AbstractMatchingBehavior<RunActor.Command> {
    private static final int MAX_EARLY_ORDERS = 32;
    private static final Duration TICK = Duration.ofSeconds(1);

    /** The messages that a run takes. */
    public sealed interface Command {}

    /** The wishes that operators, or the run itself, have of it. */
    public enum Wish implements Command {
        PAUSE,
        RESUME,
        /** The run stops itself until somebody has looked at it, which shows by a pause and a resumption. */
        HOLD,
        /** It takes no further batch but one that waits, and its student is saved. */
        DRAIN,
        /** It takes no further batch, not even one that waits, and its student is not saved: another process goes on. */
        PARK
    }

    /** An order, whose outcome the run's events tell. */
    public record Order(JobOrder order) implements Command {}

    /** Names the work between steps, and the action that ends the stream of batches. */
    record Opens(BetweenSteps between, Runnable noMoreBatches) implements Command {}

    /** The ranks are there, and batches are about to come. */
    record Begun() implements Command {}

    /** A batch waits to go on; false where none may any more. */
    record Arrived(CompletableFuture<Boolean> goesOn) implements Command {}

    record StepBegins(CompletableFuture<Void> goesOn) implements Command {}

    record StepEnded(StepReport report, TokenBatch batch, CompletableFuture<StepReport> goesOn) implements Command {}

    /** The stream of batches has ended; the reply says whether the run is parked. */
    record StreamEnded(CompletableFuture<Boolean> parked) implements Command {}

    /** Nothing is done any more, whether or not all was done that was to be; answers when that is written down. */
    record Ended(boolean whole, CompletableFuture<Void> known) implements Command {}

    private record Looked(JobOrder order, Optional<JobOrder> found, Throwable failure) implements Command {}

    private record TurnEnded(StepEnded step, Throwable failure) implements Command {}

    private enum Tick implements Command {
        INSTANCE
    }

    /** The phases of a run, as people are told them. */
    public enum Phase {
        BEFORE,
        RUNNING,
        IDLE,
        PAUSED,
        DRAINING,
        PARKING,
        ENDED
    }

    /** The work that has the student at present. */
    private enum Work {
        BEGINNING,
        STEP,
        TURN,
        NOTHING
    }

    private final ActorContext<Command> context;
    private final StashBuffer<Command> early;
    private final CompletableFuture<Void> ended;
    /** Null until the run is opened. */
    private Opens run;

    private Work work = Work.BEGINNING;
    private boolean paused;
    private boolean held;
    private boolean draining;
    private boolean parking;
    /** The stream of batches has ended. */
    private boolean ending;

    private boolean over;
    /** A batch has come, so that there is something to commit. */
    private boolean opened;

    private long idleSinceNanos = System.nanoTime();
    /** The cause why work between two batches has failed, which ends the run at its next step; null for none. */
    private Throwable failure;
    /**
     * The batch that waits to go on; null for none. The next two fields hold the step that waits and the end that
     * waits, likewise.
     */
    private CompletableFuture<Boolean> waiting;

    private CompletableFuture<Void> stepWaiting;
    private CompletableFuture<Boolean> endWaiting;

    private RunActor(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            StashBuffer<Command> early,
            boolean paused,
            CompletableFuture<Void> ended) {
        super(context);
        this.context = context;
        this.early = early;
        this.paused = paused;
        this.ended = ended;
        timers.startTimerWithFixedDelay(Tick.INSTANCE, TICK);
    }

    /** @param ended completes when the actor has ended */
    static Behavior<Command> create(boolean paused, CompletableFuture<Void> ended) {
        Behavior<Command> run = Behaviors.setup(context -> Behaviors.withTimers(timers ->
                Behaviors.withStash(MAX_EARLY_ORDERS, early -> new RunActor(context, timers, early, paused, ended))));
        return Metered.behavior(Command.class, "run", run);
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        switch (command) {
            case Wish wish -> onWish(wish);
            case Order order -> onOrder(order);
            case Looked looked -> onLooked(looked);
            case Opens opens -> {
                run = opens;
                endStreamIfWished();
            }
            case Begun _ -> {
                leave();
                return early.unstashAll(this);
            }
            case Arrived arrived -> {
                waiting = arrived.goesOn;
                letThrough();
            }
            case StepBegins begins -> {
                opened = true;
                stepWaiting = begins.goesOn;
                beginStep();
            }
            case StepEnded step -> turn(step, () -> run.between.after(step.report, step.batch));
            case TurnEnded turn -> onTurnEnded(turn);
            case StreamEnded end -> {
                ending = true;
                endWaiting = end.parked;
                endStream();
            }
            case Ended end -> {
                over = end.whole;
                run.between.everySecond(phase(), 0);
                end.known.complete(null);
            }
            case Tick _ -> onTick();
        }
        return this;
    }

    private void onWish(Wish wish) {
        switch (wish) {
            case PAUSE -> paused = true;
            case RESUME -> {
                held &= !paused;
                paused = false;
            }
            case HOLD -> held = true;
            case DRAIN -> {
                draining = true;
                endStreamIfWished();
            }
            case PARK -> {
                parking = true;
                endStreamIfWished();
            }
        }
        letThrough();
    }

    private void endStreamIfWished() {
        if (run != null && (draining || parking)) {
            run.noMoreBatches.run();
        }
    }

    private boolean isShut() {
        return !draining && (paused || held);
    }

    private void letThrough() {
        if (waiting != null && (parking || !isShut())) {
            waiting.complete(!parking);
            waiting = null;
        }
    }

    private void onOrder(Order order) {
        if (work != Work.BEGINNING) {
            context.pipeToSelf(
                    guarded(() -> run.between.look(order.order)), (found, why) -> new Looked(order.order, found, why));
        } else if (early.isFull()) {
            context.getLog().error("{} orders wait for the run to begin: one more is refused", MAX_EARLY_ORDERS);
        } else {
            early.stash(order);
        }
    }

    private void onLooked(Looked looked) {
        if (looked.failure == null) {
            looked.found.ifPresent(run.between::take);
        } else {
            context.getLog().error("{} could not be looked at", looked.order, looked.failure);
        }
    }

    private void onTick() {
        if (run == null || over) {
            return;
        }
        run.between.everySecond(phase(), idleSeconds());
        if (work == Work.NOTHING && opened && failure == null && !ending) {
            turn(null, () -> run.between.whileIdle());
        }
    }

    private void turn(StepEnded step, Supplier<CompletionStage<?>> what) {
        work = Work.TURN;
        context.pipeToSelf(guarded(what::get), (_, why) -> new TurnEnded(step, why));
    }

    /** An exception that is thrown before there is a stage is as good as a stage that fails. */
    private static <T> CompletionStage<T> guarded(Supplier<CompletionStage<T>> what) {
        try {
            return what.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void onTurnEnded(TurnEnded turn) {
        if (turn.step == null) {
            work = Work.NOTHING;
            failure = turn.failure;
        } else {
            leave();
            onStepDone(turn.step, turn.failure);
        }
        beginStep();
        endStream();
    }

    private void onStepDone(StepEnded step, Throwable why) {
        if (why != null) {
            step.goesOn.completeExceptionally(why);
            return;
        }
        if (run.between.enough()) {
            run.noMoreBatches.run();
        }
        step.goesOn.complete(step.report);
    }

    private void leave() {
        work = Work.NOTHING;
        idleSinceNanos = System.nanoTime();
    }

    /** Begins the step that waits, unless other work is in hand: then it begins after that. */
    private void beginStep() {
        if (stepWaiting == null || work != Work.NOTHING) {
            return;
        }
        if (failure == null) {
            run.between.before(idleSeconds());
            work = Work.STEP;
            stepWaiting.complete(null);
        } else {
            stepWaiting.completeExceptionally(failure);
        }
        stepWaiting = null;
    }

    private void endStream() {
        if (endWaiting == null || work == Work.TURN) {
            return;
        }
        if (failure == null) {
            run.between.noMoreOrders();
            endWaiting.complete(parking);
        } else {
            endWaiting.completeExceptionally(failure);
        }
        endWaiting = null;
    }

    private double idleSeconds() {
        return work == Work.NOTHING ? (System.nanoTime() - idleSinceNanos) / 1e9 : 0;
    }

    private Phase phase() {
        if (over) {
            return Phase.ENDED;
        }
        if (parking) {
            return Phase.PARKING;
        }
        if (draining) {
            return Phase.DRAINING;
        }
        if (isShut()) {
            return Phase.PAUSED;
        }
        return switch (work) {
            case BEGINNING -> Phase.BEFORE;
            case STEP, TURN -> Phase.RUNNING;
            case NOTHING -> Phase.IDLE;
        };
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            ended.complete(null);
        }
        return this;
    }
}
