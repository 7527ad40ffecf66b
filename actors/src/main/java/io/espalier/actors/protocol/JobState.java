package io.espalier.actors.protocol;

/** The life of a job: Starting, Running and Paused to and fro, Draining, and then one of the ends. */
public enum JobState {
    /** It waits for its ranks. */
    STARTING,
    RUNNING,
    PAUSED,
    /** It takes no further batch; the step in flight finishes and the student is saved. */
    DRAINING,
    STOPPED,
    FAILED;

    public boolean ended() {
        return this == STOPPED || this == FAILED;
    }
}
