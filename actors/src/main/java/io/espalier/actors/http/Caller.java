package io.espalier.actors.http;

import java.util.Locale;

/** The sender of a request, as far as it is known. */
enum Caller {
    /** Showed nothing that is known. */
    STRANGER,
    /** Showed the read token. */
    READER,
    /** Showed the ingest token. */
    PRODUCER,
    /** Showed the operate token of a file that the configuration names. */
    OPERATOR,
    /** Showed the operate token that the daemon has made, which its user alone can read. */
    OWNER,
    /** Came in by a link that an operator had made. */
    BROWSER,
    /** Came over loopback, which has been opened to everybody. */
    LOOPBACK;

    boolean may(Access access) {
        return switch (access) {
            case PROBE, OPEN -> true;
            case READ, SCRAPE -> this != STRANGER && this != PRODUCER;
            case INGEST -> this != STRANGER && this != READER;
            case OPERATE -> this != STRANGER && this != READER && this != PRODUCER;
        };
    }

    /** Whether the caller showed a token. No browser adds one by itself, and so no page of another site can use one. */
    boolean showedToken() {
        return switch (this) {
            case READER, PRODUCER, OPERATOR, OWNER -> true;
            case STRANGER, BROWSER, LOOPBACK -> false;
        };
    }

    /** The name of the caller in the audit log. */
    String title() {
        return name().toLowerCase(Locale.ROOT);
    }
}
