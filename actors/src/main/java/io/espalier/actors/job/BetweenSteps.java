package io.espalier.actors.job;

import io.espalier.actors.protocol.JobOrder;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The work of a run besides learning: before its first step, between two of them and after the last. The run's actor calls
 * {@link #after} and {@link #whileIdle} one at a time, each when the stage of the one before has completed; it calls the others
 * in between, and none of them may wait.
 */
public interface BetweenSteps {
    /** The ranks are there; the first batch is asked for when the stage completes. Called by the run's own thread. */
    CompletionStage<Void> begin(RunRanks ranks);

    /** A step begins, whose batch the student has waited for. */
    default void before(double waitedSeconds) {}

    /** Takes in what a step came to; the next may begin when the stage completes. */
    CompletionStage<?> after(StepReport report, TokenBatch batch);

    /** Works while no batch comes; called once a second. The next step begins when the stage completes. */
    default CompletionStage<?> whileIdle() {
        return CompletableFuture.completedFuture(null);
    }

    /**
     * Looks at an order that has come; the stage gives the order that is to be taken, and nothing where its outcome is
     * told already.
     */
    CompletionStage<Optional<JobOrder>> look(JobOrder order);

    /** Takes an order that was looked at, to carry it out when there is time. */
    void take(JobOrder order);

    /**
     * Is told the run's phase once a second, from before the first step to after the last, and when the run has ended.
     */
    default void everySecond(RunActor.Phase phase, double idleSeconds) {}

    /** Whether the run has gone on for long enough, whatever it was to do. */
    boolean enough();

    /** Refuses every further order, since no step comes any more. */
    default void noMoreOrders() {}

    /**
     * Ends the work, since no step comes any more. Called by the run's own thread, after {@link #noMoreOrders}.
     *
     * @param early whether there would have been others
     * @param parked whether there will be others, of another process: the run has not ended, and saves no model
     */
    CompletionStage<?> end(boolean early, boolean parked);
}
