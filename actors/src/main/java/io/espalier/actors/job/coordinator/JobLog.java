package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.JobEvent.CheckpointCommitted;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.JobEnded;
import io.espalier.actors.job.journal.JobEvent.JobSubmitted;
import io.espalier.actors.job.journal.JobEvent.StateChanged;
import io.espalier.actors.job.journal.JobEvent.StudentBegan;
import io.espalier.actors.job.journal.JobEvent.StudentLost;
import io.espalier.actors.job.journal.JobEvent.StudentParked;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import java.util.List;
import java.util.stream.Stream;

/**
 * The state of one job by the journal, as far as {@code seq}: a pure function of its events.
 *
 * @param epoch of what may commit now; 0 before there was a student
 * @param student who alone may commit; null while there is none
 * @param former who was it last and may go on being it; null where it is known to have ended
 * @param since first epoch in which the student, or the former one, has been it without another between
 * @param begunAt step that it began from; {@link #NOT_BEGUN} before it has
 * @param committedStep newest step that is the job's own
 * @param committedSha256 of the manifest of that checkpoint; empty where it is where the student began
 * @param furthestStep newest that was ever committed
 * @param restarts student processes that were lost
 * @param fruitless of them, those since a step was committed for the first time
 */
record JobLog(
        JobSpec job,
        long seq,
        JobState state,
        long epoch,
        Student student,
        Student former,
        long since,
        long begunAt,
        List<Lineage> lineage,
        long committedStep,
        String committedSha256,
        long furthestStep,
        int restarts,
        int fruitless,
        String cause,
        int exitCode) {
    static final long NOT_BEGUN = -1;

    /** A process of a student. */
    record Student(String rank, long incarnation) {}

    /** A job that was taken on, and nothing more. */
    static JobLog submitted(JobSpec job) {
        return new JobLog(job, 1, JobState.STARTING, 0, null, null, 0, NOT_BEGUN, List.of(), 0, "", 0, 0, 0, "", 0);
    }

    /** Makes the log of a job whose events cannot be read, so that its state is unknown. */
    static JobLog unreadable(JobSpec job, long seq, String cause, int exitCode) {
        return new JobLog(
                job, seq, JobState.FAILED, 0, null, null, 0, NOT_BEGUN, List.of(), 0, "", 0, 0, 0, cause, exitCode);
    }

    /** The log of a whole stream of events. */
    static JobLog of(List<? extends JobEvent> events) {
        if (!(events.getFirst() instanceof JobSubmitted(JobSpec job))) {
            throw new IllegalArgumentException("a job begins with " + events.getFirst());
        }
        return submitted(job).applyAll(events.subList(1, events.size()));
    }

    JobLog applyAll(List<? extends JobEvent> events) {
        JobLog log = this;
        for (JobEvent event : events) {
            log = log.apply(event);
        }
        return log;
    }

    /** The log after the next event of the stream. */
    JobLog apply(JobEvent event) {
        Draft draft = new Draft(this);
        draft.seq++;
        switch (event) {
            case JobSubmitted again -> throw new IllegalArgumentException("submitted again: " + again);
            case EpochBegan began -> draft.epochBegan(began);
            case StudentBegan began -> draft.studentBegan(began);
            case CheckpointCommitted committed -> draft.committed(committed);
            case StudentLost lost -> draft.lost(lost);
            case StudentParked _ -> draft.parked();
            case StateChanged changed -> {
                draft.state = changed.state();
                draft.cause = changed.cause();
            }
            case JobEnded ended -> {
                draft.state = ended.state();
                draft.cause = ended.cause();
                draft.exitCode = ended.exitCode();
            }
        }
        return draft.log();
    }

    boolean begun() {
        return begunAt != NOT_BEGUN;
    }

    /** The job's log while one event is taken in. */
    private static final class Draft {
        private final JobLog before;
        private long seq;
        private JobState state;
        private long epoch;
        private Student student;
        private Student former;
        private long since;
        private long begunAt;
        private List<Lineage> lineage;
        private long committedStep;
        private String committedSha256;
        private long furthestStep;
        private int restarts;
        private int fruitless;
        private String cause;
        private int exitCode;

        private Draft(JobLog log) {
            this.before = log;
            this.seq = log.seq;
            this.state = log.state;
            this.epoch = log.epoch;
            this.student = log.student;
            this.former = log.former;
            this.since = log.since;
            this.begunAt = log.begunAt;
            this.lineage = log.lineage;
            this.committedStep = log.committedStep;
            this.committedSha256 = log.committedSha256;
            this.furthestStep = log.furthestStep;
            this.restarts = log.restarts;
            this.fruitless = log.fruitless;
            this.cause = log.cause;
            this.exitCode = log.exitCode;
        }

        private void epochBegan(EpochBegan began) {
            epoch = began.epoch();
            if (began.student().isEmpty()) {
                return;
            }
            Student next = new Student(began.student(), began.incarnation());
            if (!next.equals(student) && !next.equals(former)) {
                since = epoch;
                begunAt = NOT_BEGUN;
            }
            student = next;
            former = null;
        }

        private void studentBegan(StudentBegan began) {
            begunAt = began.baseStep();
            committedStep = began.baseStep();
            committedSha256 = "";
            furthestStep = Math.max(furthestStep, committedStep);
            // An older epoch is bound by a later one's beginning anyway, where that is no later.
            lineage = Stream.concat(
                            lineage.stream().filter(older -> older.baseStep() < began.baseStep()),
                            Stream.of(new Lineage(began.epoch(), began.baseStep())))
                    .toList();
            if (state == JobState.STARTING) {
                state = JobState.RUNNING;
            }
            if (state == JobState.RUNNING) {
                cause = "";
            }
        }

        private void committed(CheckpointCommitted committed) {
            committedStep = committed.step();
            committedSha256 = committed.sha256();
            if (committedStep > furthestStep) {
                furthestStep = committedStep;
                fruitless = 0;
            }
        }

        private void lost(StudentLost lost) {
            former = lost.ended() ? null : student;
            student = null;
            if (!lost.waits()) {
                restarts++;
                fruitless++;
            }
            cause = lost.cause();
        }

        /** It went by itself: that is no restart. */
        private void parked() {
            former = null;
            student = null;
        }

        private JobLog log() {
            return new JobLog(
                    before.job,
                    seq,
                    state,
                    epoch,
                    student,
                    former,
                    since,
                    begunAt,
                    lineage,
                    committedStep,
                    committedSha256,
                    furthestStep,
                    restarts,
                    fruitless,
                    cause,
                    exitCode);
        }
    }
}
