package io.espalier.actors.host;

import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.JobOrder;

/** A student's part of a job, from its newest checkpoint to its saved model. */
public interface StudentRun {
    /** Runs to the end, or until drained or parked; blocks its caller. Failures are an outcome, too. */
    Outcome run();

    /** Takes no further batch; {@link #run} returns when the student is saved. May come from any thread, at any time. */
    void drain();

    /**
     * Makes way: takes no further batch, paused or not; {@link #run} returns {@link Outcome.Parked} when what was learnt is in
     * a checkpoint. No model is saved, and the job has not ended. May come from any thread, at any time.
     */
    void park();

    /** Takes an order, which the run's events tell the outcome of. Does not block; any thread. */
    void order(JobOrder order);
}
