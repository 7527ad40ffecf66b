package io.espalier.streams.live;

import java.util.Optional;

/**
 * The marks by which a partition's log is recognised.
 *
 * @param topic its topic's id; empty where it is unknown
 * @param epoch of the leader that wrote what was read last, by which Kafka sees that the log was cut meanwhile; empty where
 *     it is unknown
 */
record KafkaLog(String topic, Optional<Integer> epoch) {
    private static final char BETWEEN = '@';

    /** Reads the form that {@link #toString} gives; the empty text stands for an unknown log. */
    static KafkaLog of(String text) {
        int at = text.indexOf(BETWEEN);
        return at < 0
                ? new KafkaLog(text, Optional.empty())
                : new KafkaLog(text.substring(0, at), Optional.of(Integer.valueOf(text.substring(at + 1))));
    }

    boolean isOfAnotherTopic(String id) {
        return !topic.isEmpty() && !id.isEmpty() && !topic.equals(id);
    }

    @Override
    public String toString() {
        return topic + epoch.map(number -> "" + BETWEEN + number).orElse("");
    }
}
