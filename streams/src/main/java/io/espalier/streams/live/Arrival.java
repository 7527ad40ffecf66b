package io.espalier.streams.live;

import java.time.Instant;

/** What a source gives, in the order of each partition. */
sealed interface Arrival {
    String source();

    int partition();

    /** Offset from which the partition goes on after it. */
    long next();

    /** How the bytes of a record are meant. */
    enum Form {
        /** One object with a text or with messages. */
        JSON,
        /** The text itself. */
        TEXT
    }

    /**
     * A record.
     *
     * @param key by which its duplicates are known; null for none
     * @param time when it came
     * @param where it stands, as messages name it
     * @param bytes of a record that cannot be read its beginning, as far as there is one
     * @param fault why it cannot be read; null where it can
     */
    record Item(
            String source,
            int partition,
            long offset,
            long next,
            String key,
            Instant time,
            String where,
            Form form,
            byte[] bytes,
            String fault)
            implements Arrival {
        public Item {
            if (next <= offset) {
                throw new IllegalArgumentException(where + ": from " + offset + " to " + next);
            }
        }
    }

    /** There is nothing before {@code next}: it was never written, or is gone. */
    record Mark(String source, int partition, long next) implements Arrival {}
}
