package io.espalier.streams.live;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;

/**
 * Asks for a topic's ends again and again, on a thread of its own, so that nobody waits for them. Tells once when Kafka
 * does not answer, and when there are partitions that were not there.
 */
final class KafkaWatch implements AutoCloseable {
    private final String source;
    private final KafkaSettings settings;
    private final LiveListener listener;
    private final Runnable onNewPartitions;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile SortedMap<Integer, Long> ends = new TreeMap<>();
    private boolean answers = true;

    KafkaWatch(String source, KafkaSettings settings, LiveListener listener, Runnable onNewPartitions) {
        this.source = source;
        this.settings = settings;
        this.listener = listener;
        this.onNewPartitions = onNewPartitions;
        Thread.ofVirtual().name("kafka-watch-" + source).start(this::watch);
    }

    /** As they were heard last; none before. */
    Map<Integer, Long> ends() {
        return ends;
    }

    private void watch() {
        KafkaTopic topic = null;
        try {
            do {
                topic = look(topic);
            } while (!closed.await(settings.watchEvery().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (topic != null) {
                topic.close();
            }
        }
    }

    /** With a connection that may be another: null where there is none. */
    private KafkaTopic look(KafkaTopic open) {
        KafkaTopic topic = open;
        try {
            topic = topic == null ? new KafkaTopic(settings) : topic;
            SortedMap<Integer, Long> now = topic.ends();
            boolean isMore = !ends.isEmpty() && now.size() > ends.size();
            ends = now;
            answers = true;
            if (isMore) {
                onNewPartitions.run();
            }
            return topic;
        } catch (KafkaException e) {
            if (answers && closed.getCount() > 0) {
                listener.sourceError(source, "Kafka does not answer: " + e.getMessage());
            }
            answers = false;
            if (topic != null) {
                topic.close();
            }
            return null;
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
