package io.espalier.streams.live;

import java.time.Duration;
import java.util.Map;

/**
 * A topic of Kafka.
 *
 * @param form of a record's value
 * @param fromEnd whether a partition of which no position is known begins at its end, not its beginning
 * @param onReset what becomes of a position that cannot be gone on from
 * @param onDamage what becomes of records that are damaged on the broker
 * @param keyHeader that holds a record's idempotency key
 * @param watchEvery how often ends and new partitions are asked for; also the first rest after a failure
 * @param longestRest after failures
 * @param properties of the consumers, as Kafka has them
 */
record KafkaSettings(
        String topic,
        Arrival.Form form,
        boolean fromEnd,
        OnReset onReset,
        OnDamage onDamage,
        String keyHeader,
        Duration watchEvery,
        Duration longestRest,
        Map<String, String> properties)
        implements SourceSettings {
    /** The place where a partition goes on when its log is another, or has lost the records that come next. */
    enum OnReset {
        /** Nowhere: the run ends. */
        FAIL,
        /** The partition goes on at the first record that has not been read. */
        EARLIEST,
        /** The partition goes on at its end. */
        LATEST
    }

    /** The way to deal with records that the broker cannot give undamaged. */
    enum OnDamage {
        /** They are tried again and again; the other partitions are read. */
        WAIT,
        /** They are a dead letter, and the partition goes on behind them. */
        SKIP
    }

    KafkaSettings {
        properties = Map.copyOf(properties);
    }

    @Override
    public String kind() {
        return "kafka";
    }

    /** The properties may hold passwords. */
    @Override
    public String toString() {
        return "KafkaSettings[" + topic + "]";
    }
}
