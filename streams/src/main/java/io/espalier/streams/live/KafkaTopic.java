package io.espalier.streams.live;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Asks Kafka about a topic. Used by one thread; waits for the network, within a bound. */
final class KafkaTopic implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final KafkaSettings settings;
    private final KafkaConsumer<byte[], byte[]> consumer;

    KafkaTopic(KafkaSettings settings) {
        this.settings = settings;
        Map<String, Object> properties = new HashMap<>(settings.properties());
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // What it knows of the topic's partitions is to be no older than what is asked for.
        properties.put(
                ConsumerConfig.METADATA_MAX_AGE_CONFIG, settings.watchEvery().toMillis());
        this.consumer = new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** One past the last record of each partition, and one that may be read. */
    SortedMap<Integer, Long> ends() {
        return byNumber(consumer.endOffsets(partitions(), PATIENCE));
    }

    /** The first record of each partition that is still there. */
    SortedMap<Integer, Long> beginnings() {
        return byNumber(consumer.beginningOffsets(partitions(), PATIENCE));
    }

    private List<TopicPartition> partitions() {
        List<TopicPartition> partitions = consumer.partitionsFor(settings.topic(), PATIENCE).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        if (partitions.isEmpty()) {
            throw new KafkaException("topic " + settings.topic() + " is not there");
        }
        return partitions;
    }

    private static SortedMap<Integer, Long> byNumber(Map<TopicPartition, Long> offsets) {
        SortedMap<Integer, Long> byNumber = new TreeMap<>();
        offsets.forEach((partition, offset) -> byNumber.put(partition.partition(), offset));
        return byNumber;
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
    }
}
