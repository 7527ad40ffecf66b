package io.espalier.streams.live;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Asks Kafka about a topic. The connection is opened when it is first asked. */
final class KafkaAdmin implements KafkaTopic {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final KafkaSettings settings;
    private Admin admin;
    private boolean closed;

    KafkaAdmin(KafkaSettings settings) {
        this.settings = settings;
    }

    @Override
    public Standing look() {
        long nanos = System.nanoTime();
        Admin open = open();
        TopicDescription topic = describe(open);
        List<TopicPartition> partitions = topic.partitions().stream()
                .map(info -> new TopicPartition(settings.topic(), info.partition()))
                .toList();
        Map<TopicPartition, Long> beginnings = offsets(open, partitions, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = offsets(open, partitions, OffsetSpec.latest());
        SortedMap<Integer, Range> ranges = new TreeMap<>();
        partitions.forEach(at -> ranges.put(at.partition(), new Range(beginnings.get(at), ends.get(at))));
        Uuid id = topic.topicId();
        return new Standing(id == null || id.equals(Uuid.ZERO_UUID) ? "" : id.toString(), ranges, nanos);
    }

    private TopicDescription describe(Admin open) {
        try {
            return await(open.describeTopics(List.of(settings.topic()))
                    .topicNameValues()
                    .get(settings.topic()));
        } catch (UnknownTopicOrPartitionException e) {
            throw new KafkaException("topic " + settings.topic() + " is not there", e);
        }
    }

    /**
     * Asks for offsets of partitions. A consumer of committed records sees a partition end where its first open
     * transaction begins.
     */
    private Map<TopicPartition, Long> offsets(Admin open, List<TopicPartition> partitions, OffsetSpec spec) {
        boolean committed = "read_committed".equals(settings.properties().get("isolation.level"));
        IsolationLevel level = committed ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED;
        Map<TopicPartition, ListOffsetsResultInfo> found = await(open.listOffsets(
                        partitions.stream().collect(Collectors.toMap(Function.identity(), _ -> spec)),
                        new ListOffsetsOptions(level))
                .all());
        return found.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    private static <T> T await(KafkaFuture<T> future) {
        try {
            return future.get(2 * PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException("no answer within " + 2 * PATIENCE.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private synchronized Admin open() {
        if (closed) {
            throw new KafkaException("closed");
        }
        if (admin == null) {
            // The client would complain of settings that only consumers have.
            Map<String, Object> properties = new HashMap<>(settings.properties());
            properties.keySet().retainAll(AdminClientConfig.configNames());
            properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
            properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
            admin = Admin.create(properties);
        }
        return admin;
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (admin != null) {
            admin.close(Duration.ZERO);
            admin = null;
        }
    }
}
