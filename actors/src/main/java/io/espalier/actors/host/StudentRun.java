package io.espalier.actors.host;

import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;

/** A student's part of a job, from its newest checkpoint to its saved model. */
public interface StudentRun {
    /** Runs to the end, or until drained; blocks its caller. Failures are an outcome, too. */
    Outcome run();

    /** Takes no further batch; {@link #run} returns when the student is saved. May come from any thread, at any time. */
    void drain();
}
