package io.espalier.streams.live;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;

/**
 * Looks at a topic again and again, on a thread of its own, so that nobody waits for it. Tells once when Kafka does not
 * answer.
 */
final class KafkaWatch implements AutoCloseable {
    private final String source;
    private final KafkaSettings settings;
    private final KafkaTopic topic;
    private final LiveListener listener;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile KafkaTopic.Standing standing;
    private boolean answers = true;

    KafkaWatch(String source, KafkaSettings settings, KafkaTopic topic, LiveListener listener) {
        this.source = source;
        this.settings = settings;
        this.topic = topic;
        this.listener = listener;
        Thread.ofVirtual().name("kafka-watch-" + source).start(this::watch);
    }

    /** The topic as it was seen last; empty before the first look. */
    Optional<KafkaTopic.Standing> standing() {
        return Optional.ofNullable(standing);
    }

    /** The offset behind the last readable record of each partition, as Kafka told it last. */
    Map<Integer, Long> ends() {
        Map<Integer, Long> ends = new TreeMap<>();
        standing().ifPresent(seen -> seen.partitions().forEach((number, range) -> ends.put(number, range.end())));
        return ends;
    }

    private void watch() {
        try {
            do {
                look();
            } while (!closed.await(settings.watchEvery().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            standing = topic.look();
            answers = true;
        } catch (KafkaException e) {
            if (answers && closed.getCount() > 0) {
                listener.sourceError(source, "Kafka does not answer: " + Failures.why(e));
            }
            answers = false;
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
