package io.espalier.actors.job.journal;

/** The journal could not be read or written; whether the last append took place is not known until it is read again. */
public final class JournalFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JournalFailure(String message, Throwable cause) {
        super("journal: " + message, cause);
    }
}
