package io.espalier.streams.live;

import java.time.Duration;

/** The outcome for records that were to be spooled: all of them are, or none. */
public sealed interface Appended {
    /**
     * They are on disk.
     *
     * @param records that are new
     * @param duplicates that had come before, and are there once
     */
    record Accepted(int records, int duplicates) implements Appended {}

    /** Too much waits already, or waits too long. */
    record Full(Duration retryAfter) implements Appended {}
}
