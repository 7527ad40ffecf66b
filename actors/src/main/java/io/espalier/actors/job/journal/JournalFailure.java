package io.espalier.actors.job.journal;

/** The journal could not be read or written; whether the last append took place is not known until it is read again. */
public class JournalFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JournalFailure(String message, Throwable cause) {
        super("journal: " + message, cause);
    }

    /** An event is there, or should be, and cannot be read: it will not get better by itself. */
    public static final class Unreadable extends JournalFailure {
        private static final long serialVersionUID = 1L;

        private final long newest;

        /** @param newest number of the stream's newest event */
        Unreadable(String message, long newest, Throwable cause) {
            super(message, cause);
            this.newest = newest;
        }

        /** Number of the newest event of the stream. */
        public long newest() {
            return newest;
        }
    }
}
