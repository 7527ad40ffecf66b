package io.espalier.actors.job;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import java.util.concurrent.CompletionStage;

/** What a run does besides learning: before its first step, between two of them and after the last. One call at a time. */
public interface BetweenSteps {
    /** The ranks are there; the first batch is asked for when the stage completes. */
    CompletionStage<Void> begin(RunRanks ranks);

    /** A step is about to begin; it does when the stage completes. */
    CompletionStage<Void> before(TokenBatch batch);

    /** Takes in what a step came to; the next may begin when the stage completes. */
    CompletionStage<StepReport> after(StepReport report, TokenBatch batch);

    /** Whether the run has gone on for long enough, whatever it was to do. */
    boolean enough();

    /**
     * No step comes any more.
     *
     * @param early whether there would have been others
     * @param parked whether there will be others, of another process: the run has not ended, and saves no model
     */
    CompletionStage<?> end(boolean early, boolean parked);
}
