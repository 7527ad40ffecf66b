package io.espalier.actors.protocol;

import io.espalier.streams.transport.Endpoint;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The messages to the host of one rank, from the coordinator and from other ranks; each may come from another process.
 */
public final class HostProtocol {
    private HostProtocol() {}

    /** The commands that a host takes. */
    public sealed interface Command extends WireMessage {}

    /** Be a stage of a job's teacher: 0 of 1 is the whole. Said again, it changes nothing. */
    public record Teach(JobSpec job, long epoch, int stage, int stages) implements Command {}

    /**
     * Be a job's student, from its newest checkpoint in the lineage; said again to one that is, it gives a newer epoch.
     *
     * @param paused whether to take no batch until told
     */
    public record Learn(JobSpec job, long epoch, List<Lineage> lineage, boolean paused) implements Command {}

    /** The teachers that a student may ask, each the hosts of its stages in order; replaces what it was told before. */
    public record Teachers(String job, long epoch, List<List<Stage>> teachers) implements Command {}

    /** Take no further batch, or take them again. */
    public record Pause(String job, boolean paused) implements Command {}

    /**
     * Take no further batch, save the student, end.
     *
     * @param now whether to save no model: the checkpoint of the step in flight is what it leaves
     */
    public record Drain(String job, boolean now) implements Command {}

    /** Do something about the job that is learnt here. */
    public record Order(String job, JobOrder order) implements Command {}

    /** Finish the step in flight, keep it in a checkpoint, and end: the job goes on in another process. */
    public record Park() implements Command {}

    /** The job needs this rank no more. */
    public record Release(String job) implements Command {}

    /**
     * Open a link: what comes in at the endpoint of the answer is computed and sent downstream.
     *
     * @param link random; of one student's link through all stages of a teacher
     * @param stage what the asker takes this host for
     * @param downstream where the result goes
     * @param key 32 bytes that the link's frames are sealed with wherever they leave the memory of one user
     * @param owner the link ends with it
     */
    public record Attach(
            String job,
            long epoch,
            long link,
            int stage,
            Endpoint downstream,
            byte[] key,
            ActorRef<Command> owner,
            ActorRef<AttachReply> replyTo)
            implements Command {}

    /** Close a link. */
    public record Detach(long link) implements Command {}

    /** The answers of a host to {@link Attach}. */
    public sealed interface AttachReply extends WireMessage {
        /**
         * The link is open.
         *
         * @param inbound where the link's frames are expected
         */
        record Attached(long link, Endpoint inbound, String modelDigest) implements AttachReply {}

        /**
         * It is not.
         *
         * @param retry whether it may be otherwise a little later
         */
        record Declined(long link, String why, boolean retry) implements AttachReply {}
    }

    /** A rank that works as a stage of a teacher. */
    public record Stage(String rank, long incarnation, ActorRef<Command> host) {}

    /** The step that an epoch began from: a checkpoint of an older epoch beyond that step is no part of the job. */
    public record Lineage(long epoch, long baseStep) {}
}
