package io.espalier.actors.job.journal;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Streams of events, one a job, that only grow. Calls return at once; a stage fails with {@link JournalFailure}. The
 * node that opens it closes it.
 */
public interface Journal extends AutoCloseable {
    /** The stream that says which jobs there are, and who coordinates them; no job has such an id. */
    String LIST = "*jobs";

    /**
     * Adds events to a stream, all or none; they outlive this process once the stage has completed.
     *
     * @param stream a job's id; the first append to it begins it
     * @param expectedSeq of the newest event that the writer knows; 0 for none
     * @param epoch that the writer acts in
     */
    CompletionStage<Outcome> append(String stream, long expectedSeq, long epoch, List<? extends JobEvent> events);

    /**
     * All of a stream, oldest first; empty where there is none. Fails with {@link JournalFailure.Unreadable} where an event is
     * damaged, missing or of a later version.
     */
    CompletionStage<List<Entry>> read(String stream);

    /** All streams, in the order in which they were begun. */
    CompletionStage<List<String>> streams();

    /** Ends what is in hand and gives up the rest. */
    @Override
    void close();

    /** The outcomes of an append. */
    sealed interface Outcome {
        /** The events are in the journal, the last of them at {@code seq}. */
        record Appended(long seq) implements Outcome {}

        /** Another writer was first: nothing was added. */
        record Conflict(long currentSeq) implements Outcome {}
    }

    /**
     * An event in its place.
     *
     * @param seq counts from 1 in each stream, without gaps
     */
    record Entry(long seq, long epoch, Instant time, JobEvent event) {}
}
