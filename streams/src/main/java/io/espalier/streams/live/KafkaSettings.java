package io.espalier.streams.live;

import java.time.Duration;
import java.util.Map;

/**
 * A topic of Kafka.
 *
 * @param form of a record's value
 * @param fromEnd whether a partition of which no position is known begins at its end, not its beginning
 * @param keyHeader that holds a record's idempotency key
 * @param watchEvery how often ends and new partitions are asked for; also the first rest after a failure
 * @param longestRest after failures
 * @param properties of the consumers, as Kafka has them
 */
record KafkaSettings(
        String topic,
        Arrival.Form form,
        boolean fromEnd,
        String keyHeader,
        Duration watchEvery,
        Duration longestRest,
        Map<String, String> properties)
        implements SourceSettings {
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
