package io.espalier.actors.protocol;

import io.espalier.actors.rank.RankStatus;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The messages to the coordinator of jobs. It is a cluster singleton, so each of them may come from another process.
 */
public final class CoordinatorProtocol {
    private CoordinatorProtocol() {}

    /** The commands and questions that the coordinator takes. */
    public sealed interface Command extends WireMessage {}

    /** Take on a job; a job of the same id is not taken on twice. Answered with how it stands. */
    public record Submit(JobSpec job, ActorRef<JobView> replyTo) implements Command {}

    /**
     * A rank's host lives: said when it starts, at every change, and each second.
     *
     * @param rank name, unique in the cluster
     * @param incarnation another for each process that bears the name
     * @param host the rank's host, to be told what to do
     */
    public record Hello(
            String rank, long incarnation, RankRole role, RankStatus status, ActorRef<HostProtocol.Command> host)
            implements Command {}

    /** The process of a rank has ended; said by the node that watched it, at once. */
    public record Gone(String rank, long incarnation, String cause) implements Command {}

    /** A student begins a lineage of steps from a checkpoint (0: from its start); it makes no step before {@link Granted}. */
    public record Begin(String job, long epoch, long incarnation, long baseStep, ActorRef<Verdict> replyTo)
            implements Command {}

    /** A student is about to make a checkpoint the job's own. */
    public record Commit(String job, long epoch, long incarnation, long step, String sha256, ActorRef<Verdict> replyTo)
            implements Command {}

    /** Tells the step that a student has reached; sent now and then. */
    public record Progress(String job, long epoch, long incarnation, JobProgress progress) implements Command {}

    /** A student has ended: its model is saved, or it cannot go on. */
    public record Ended(String job, long epoch, long incarnation, Outcome outcome, ActorRef<Verdict> replyTo)
            implements Command {}

    /** An operator's wish; answered with how the job stands then. */
    public record Control(String job, Wish wish, ActorRef<JobView> replyTo) implements Command {}

    /** Asks for the state of a job. */
    public record GetJob(String job, ActorRef<JobView> replyTo) implements Command {}

    /** Tell the asker how a job stands, now and after every change, until it dies. */
    public record Watch(String job, ActorRef<JobView> watcher) implements Command {}

    /**
     * Asks for the jobs that are there.
     *
     * @param mostEnded of those that have ended, the newest
     */
    public record ListJobs(int mostEnded, ActorRef<JobList> replyTo) implements Command {}

    /** Pass an order on to the job's student; what becomes of it the run's events tell. */
    public record Order(String job, JobOrder order, ActorRef<Reception> replyTo) implements Command {}

    /** Have a rank park what it does and begin anew in another process, or as new where it is embedded. */
    public record RestartRank(String rank, ActorRef<Reception> replyTo) implements Command {}

    /** The kind of work that a rank does. */
    public enum RankRole {
        TEACHER,
        STUDENT
    }

    /** A wish that an operator has of a job. */
    public enum Wish {
        PAUSE,
        RESUME,
        /** Finish the step in flight, save the student, end. */
        DRAIN,
        /** Finish the step in flight, keep it in a checkpoint, end without a model. */
        STOP
    }

    /** The way in which a student ended. */
    public sealed interface Outcome {
        /**
         * It has done what it was for.
         *
         * @param early whether it was drained before its last step
         */
        record Completed(long steps, boolean early) implements Outcome {}

        /** It has been told to make way, and has kept all it did in a checkpoint: another goes on from there. */
        record Parked(long steps) implements Outcome {}

        /**
         * It cannot go on.
         *
         * @param again whether another may go on from the last checkpoint
         * @param exitCode that the command should end with where none may
         */
        record Failed(String cause, Again again, int exitCode) implements Outcome {}

        /** The chance that a job has of going on after a failure. */
        enum Again {
            /** The job would fail in the same way again. */
            NEVER,
            /** Another student may do better, a bounded number of times. */
            COUNTED,
            /** Nothing is wrong with the job: it goes on when its surroundings are well again, a disk that is full, say. */
            WHEN_WELL
        }
    }

    /** Whether something was passed on to who must do it. */
    public sealed interface Reception extends WireMessage {
        /** It was. */
        record Taken() implements Reception {}

        /**
         * It was not.
         *
         * @param exitCode that a command should end with
         */
        record TurnedDown(String why, int exitCode) implements Reception {}
    }

    /** Whether something may be committed. */
    public sealed interface Verdict extends WireMessage {
        /** It is in the journal. */
        record Granted(long epoch) implements Verdict {}

        /** The asker's epoch or incarnation is not the job's: it must end. */
        record Fenced(long epoch, String why) implements Verdict {}
    }
}
