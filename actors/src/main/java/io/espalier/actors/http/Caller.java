package io.espalier.actors.http;

import java.util.Locale;

/** Who asks, as far as it is known. */
enum Caller {
    /** Showed no token where one is configured. */
    STRANGER,
    /** Showed no token, and reading takes none. */
    ANYONE,
    /** Showed the read token. */
    READER,
    /** Showed the ingest token. */
    PRODUCER,
    /** Showed the operate token. */
    OPERATOR,
    /** Came over loopback, where no token is configured. */
    LOOPBACK;

    boolean may(Access access) {
        return switch (access) {
            case PROBE, OPEN -> true;
            case READ -> this != STRANGER && this != PRODUCER;
            case INGEST -> this == PRODUCER || this == OPERATOR || this == LOOPBACK;
            case OPERATE -> this == OPERATOR || this == LOOPBACK;
        };
    }

    /** As in the audit log. */
    String title() {
        return name().toLowerCase(Locale.ROOT);
    }
}
