package io.espalier.actors.teacher;

import io.espalier.streams.transport.Bundle;
import io.espalier.streams.transport.OutgoingFrame;
import java.util.List;

/** An open way to one teacher and back. */
public interface TeacherLink extends AutoCloseable {
    /**
     * Sends what asks about one batch.
     *
     * @return whether there was room for it; there is for as many as the window
     */
    boolean send(List<OutgoingFrame> request);

    /** Ends it on both sides; what was asked stays unanswered. Idempotent. */
    @Override
    void close();

    /** Told what becomes of a link, by any thread. */
    interface Listener {
        /** The listener owns the bundle. */
        void arrived(Bundle bundle);

        /** A question about a batch has not gone out in time. */
        void notSent(int attempt, String why);

        /** The link is of no use any more. */
        void lost(String why);
    }
}
