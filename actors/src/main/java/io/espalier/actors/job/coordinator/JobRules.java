package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.coordinator.JobLog.Student;
import io.espalier.actors.job.coordinator.RankRegistry.Departure;
import io.espalier.actors.job.coordinator.RankRegistry.Presence;
import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.JobEvent.CheckpointCommitted;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.JobEnded;
import io.espalier.actors.job.journal.JobEvent.StateChanged;
import io.espalier.actors.job.journal.JobEvent.StudentBegan;
import io.espalier.actors.job.journal.JobEvent.StudentLost;
import io.espalier.actors.job.journal.JobEvent.StudentParked;
import io.espalier.actors.protocol.CoordinatorProtocol.Begin;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Ended;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Again;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Completed;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Failed;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Parked;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.Safeguard;
import java.util.List;

/**
 * The rules of a job: they lead from its log, and from a request or a change of its ranks, to the events that follow.
 * They change nothing.
 */
final class JobRules {
    /** The exit code of a job whose students die for no reason that is known. */
    private static final int UNEXPECTED = 1;

    private JobRules() {}

    /** The answer of the rules to a request. */
    sealed interface Ruling {
        /** It is granted once these are in the journal. */
        record Happens(List<JobEvent> events) implements Ruling {
            static Happens of(JobEvent... events) {
                return new Happens(List.of(events));
            }
        }

        /** It has happened before: granted. */
        record Already() implements Ruling {}

        /** It must not be. */
        record Refused(String why) implements Ruling {}

        /**
         * The asker is about to be heard of again, or this coordinator is about to end: the request is to be made
         * again.
         */
        record Later() implements Ruling {}
    }

    /** Null where the asker is the job's student; in an older epoch too, if it has been the student ever since. */
    private static Ruling fence(JobLog log, long epoch, long incarnation) {
        if (!Safeguard.EPOCH_FENCING.on()) {
            return null;
        }
        boolean unheard = log.student() == null
                && log.former() != null
                && log.former().incarnation() == incarnation
                && epoch >= log.since();
        if (unheard || epoch > log.epoch()) {
            return new Ruling.Later();
        }
        if (log.student() == null || log.student().incarnation() != incarnation) {
            return new Ruling.Refused("another process is the student, or none");
        }
        return epoch < log.since() ? new Ruling.Refused("epoch " + epoch + " is before " + log.since()) : null;
    }

    private static Ruling fenceOfOneThatWorks(JobLog log, long epoch, long incarnation) {
        return log.state().ended() && Safeguard.EPOCH_FENCING.on()
                ? new Ruling.Refused("the job has ended")
                : fence(log, epoch, incarnation);
    }

    static Ruling begin(JobLog log, Begin begin) {
        Ruling fence = fenceOfOneThatWorks(log, begin.epoch(), begin.incarnation());
        if (fence != null) {
            return fence;
        }
        if (log.begun() && Safeguard.EPOCH_FENCING.on()) {
            return log.begunAt() == begin.baseStep()
                    ? new Ruling.Already()
                    : new Ruling.Refused("this process has begun from step " + log.begunAt());
        }
        return Ruling.Happens.of(new StudentBegan(log.epoch(), begin.incarnation(), begin.baseStep()));
    }

    static Ruling commit(JobLog log, Commit commit) {
        Ruling fence = fenceOfOneThatWorks(log, commit.epoch(), commit.incarnation());
        if (fence != null) {
            return fence;
        }
        if (!log.begun() && Safeguard.EPOCH_FENCING.on()) {
            return new Ruling.Refused("this process has not begun");
        }
        if (commit.step() == log.committedStep() && commit.sha256().equals(log.committedSha256())) {
            return new Ruling.Already();
        }
        if (commit.step() <= log.committedStep()) {
            return new Ruling.Refused("step " + log.committedStep() + " is committed, and later than " + commit.step());
        }
        return Ruling.Happens.of(
                new CheckpointCommitted(log.epoch(), commit.incarnation(), commit.step(), commit.sha256()));
    }

    static Ruling ended(JobLog log, Ended ended, int maxStudentRestarts) {
        Ruling fence = fence(log, ended.epoch(), ended.incarnation());
        if (fence != null) {
            return fence;
        }
        if (log.state().ended()) {
            return new Ruling.Already();
        }
        return switch (ended.outcome()) {
            case Completed completed ->
                Ruling.Happens.of(new JobEnded(
                        JobState.STOPPED, completed.early() ? "drained after step " + completed.steps() : "", 0));
            case Parked parked
            when log.state() == JobState.STOPPING ->
                Ruling.Happens.of(new JobEnded(
                        JobState.STOPPED,
                        "stopped after step " + parked.steps() + ", of which there is a checkpoint and no model",
                        0));
            case Parked parked
            when log.student() != null ->
                Ruling.Happens.of(new StudentParked(log.student().rank(), ended.incarnation(), parked.steps()));
            case Parked _ -> new Ruling.Already();
            case Failed failed -> failed(log, failed, maxStudentRestarts);
        };
    }

    private static Ruling failed(JobLog log, Failed failed, int maxStudentRestarts) {
        Student student = log.student();
        if (failed.again() == Again.NEVER || student == null) {
            return Ruling.Happens.of(new JobEnded(JobState.FAILED, failed.cause(), failed.exitCode()));
        }
        return switch (failed.again()) {
            case WHEN_WELL ->
                Ruling.Happens.of(new StudentLost(
                        student.rank(), student.incarnation(), JobView.WAITS + failed.cause(), true, true));
            case COUNTED, NEVER ->
                new Ruling.Happens(lost(log, new Departure(failed.cause(), true), maxStudentRestarts));
        };
    }

    static Ruling control(JobLog log, Wish wish) {
        JobState to = switch (wish) {
            case PAUSE -> JobState.PAUSED;
            case RESUME -> JobState.RUNNING;
            case DRAIN -> JobState.DRAINING;
            case STOP -> JobState.STOPPING;
        };
        if (log.state() == to) {
            return new Ruling.Already();
        }
        boolean legal = switch (wish) {
            case PAUSE -> log.state() == JobState.RUNNING;
            case RESUME -> log.state() == JobState.PAUSED;
            case DRAIN -> !log.state().ended() && log.state() != JobState.STOPPING;
            case STOP -> !log.state().ended();
        };
        if (!legal) {
            return new Ruling.Refused("a job that is " + log.state() + " cannot become " + to);
        }
        return Ruling.Happens.of(
                hasNobodyToStop(log, wish)
                        ? new JobEnded(
                                JobState.STOPPED,
                                log.lineage().isEmpty() ? "drained before it began" : "stopped between two students",
                                0)
                        : new StateChanged(to, wish == Wish.RESUME ? "" : "an operator's wish"));
    }

    private static boolean hasNobodyToStop(JobLog log, Wish wish) {
        return log.student() == null
                && switch (wish) {
                    case PAUSE, RESUME -> false;
                    case DRAIN -> log.lineage().isEmpty();
                    case STOP -> true;
                };
    }

    /**
     * The events that follow from the ranks that are there; none where all is well, or nothing can be done yet.
     *
     * @param awaited whether a student that has not been heard of may still be on its way: the coordinator is new
     */
    static List<JobEvent> next(
            JobLog log, RankRegistry ranks, Slots slots, boolean awaited, String coordinator, int maxStudentRestarts) {
        if (log.student() != null) {
            if (ranks.find(log.student()) != null) {
                return List.of();
            }
            Departure how = ranks.departure(log.student());
            if (how == null && ranks.find(log.student().rank()) != null) {
                how = new Departure("another process bears its name", true);
            }
            if (how == null && awaited) {
                return List.of();
            }
            return lost(log, how == null ? new Departure("not heard of", false) : how, maxStudentRestarts);
        }
        Presence student = ranks.find(slots.student());
        return student == null
                ? List.of()
                : List.of(new EpochBegan(log.epoch() + 1, coordinator, student.name(), student.incarnation()));
    }

    private static List<JobEvent> lost(JobLog log, Departure how, int maxStudentRestarts) {
        Student student = log.student();
        StudentLost lost = new StudentLost(student.rank(), student.incarnation(), how.cause(), how.ended());
        return log.fruitless() < maxStudentRestarts
                ? List.of(lost)
                : List.of(
                        lost,
                        new JobEnded(
                                JobState.FAILED,
                                "its student was lost " + (log.fruitless() + 1) + " times without a new checkpoint: "
                                        + how.cause(),
                                UNEXPECTED));
    }
}
