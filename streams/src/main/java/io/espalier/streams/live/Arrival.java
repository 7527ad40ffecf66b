package io.espalier.streams.live;

import java.time.Instant;

/** A record or a mark that a source gives, in the order of its partition. */
sealed interface Arrival {
    String source();

    int partition();

    /** Offset from which the partition goes on after it. */
    long next();

    /** The form of a record's bytes. */
    enum Form {
        /** A JSON object with a text or with messages. */
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
            RecordKey key,
            Instant time,
            String where,
            Form form,
            byte[] bytes,
            String fault)
            implements Arrival {
        /** The number of records that this arrival stands for: records that are lost together have one arrival. */
        long records() {
            return fault == null ? 1 : next - offset;
        }

        public Item {
            if (next <= offset) {
                throw new IllegalArgumentException(where + ": from " + offset + " to " + next);
            }
        }
    }

    /** A record without a value: it says that something was deleted, and there is nothing to learn from. */
    record Tombstone(String source, int partition, long offset, Instant time) implements Arrival {
        @Override
        public long next() {
            return offset + 1;
        }
    }

    /**
     * There is nothing to read before {@code next}.
     *
     * @param log that the offsets are of from here on; empty where it is as before
     * @param anew whether it is another log, whose offsets say nothing about those before
     */
    record Mark(String source, int partition, long next, String log, boolean anew) implements Arrival {
        /** Within the same log: it was never written, or is gone. */
        Mark(String source, int partition, long next) {
            this(source, partition, next, "", false);
        }
    }
}
