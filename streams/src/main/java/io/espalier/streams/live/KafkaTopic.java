package io.espalier.streams.live;

import java.util.SortedMap;

/** Tells how a topic stands. Used by any thread; waits for the network, within a bound. */
interface KafkaTopic extends AutoCloseable {
    /**
     * The state of a topic when the broker was asked for it.
     *
     * @param id by which the topic differs from another that had its name; empty where the broker is too old to say
     * @param partitions by number
     * @param nanos of {@link System#nanoTime} before the broker was asked
     */
    record Standing(String id, SortedMap<Integer, Range> partitions, long nanos) {}

    /**
     * The records of a partition.
     *
     * @param beginning offset of the first that is still there
     * @param end one past the last that can be read
     */
    record Range(long beginning, long end) {}

    /**
     * Asks the broker how the topic stands.
     *
     * @throws org.apache.kafka.common.KafkaException where it does not answer, or there is no such topic
     */
    Standing look();

    @Override
    void close();
}
