package io.espalier.actors.job.journal;

import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;

/** Something that has happened to a job, for good. */
public sealed interface JobEvent {
    /** It was taken on; the first event of every job. */
    record JobSubmitted(JobSpec job) implements JobEvent {}

    /**
     * This student alone may commit from now on.
     *
     * @param coordinator address of the one that says so
     * @param student rank that is the job's student; empty while there is none
     * @param incarnation of the student; 0 while there is none
     */
    record EpochBegan(long epoch, String coordinator, String student, long incarnation) implements JobEvent {}

    /** The student goes on from this step; what is beyond it is no part of the job any more. */
    record StudentBegan(long epoch, long incarnation, long baseStep) implements JobEvent {}

    /** A checkpoint is the job's own: {@code sha256} of its manifest. */
    record CheckpointCommitted(long epoch, long incarnation, long step, String sha256) implements JobEvent {}

    /**
     * The student is not there any more.
     *
     * @param ended whether its process is known to have ended; else it is only not to be heard of, and may go on
     * @param waits whether nothing is wrong with the job, which goes on when its surroundings are well again
     */
    record StudentLost(String student, long incarnation, String cause, boolean ended, boolean waits)
            implements JobEvent {
        /** Makes a loss that counts as the job's own failure. */
        public StudentLost(String student, long incarnation, String cause, boolean ended) {
            this(student, incarnation, cause, ended, false);
        }
    }

    /** The student has made way, with all that it did in a checkpoint; another goes on from there. */
    record StudentParked(String student, long incarnation, long step) implements JobEvent {}

    /** An operator has wished it so. */
    record StateChanged(JobState state, String cause) implements JobEvent {}

    /** The last event of a job. */
    record JobEnded(JobState state, String cause, int exitCode) implements JobEvent {
        public JobEnded {
            if (!state.ended()) {
                throw new IllegalArgumentException("a job that has ended is not " + state);
            }
        }
    }
}
