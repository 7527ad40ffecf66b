package io.espalier.actors.protocol;

/** The life of a job: Starting, Running and Paused to and fro, Draining or Stopping, and then one of the ends. */
public enum JobState {
    /** It waits for its ranks. */
    STARTING,
    RUNNING,
    PAUSED,
    /** It takes no further batch; the step in flight finishes and the student is saved. */
    DRAINING,
    /** The step in flight finishes and is kept in a checkpoint; no model is saved. */
    STOPPING,
    STOPPED,
    FAILED;

    public boolean ended() {
        return this == STOPPED || this == FAILED;
    }
}
