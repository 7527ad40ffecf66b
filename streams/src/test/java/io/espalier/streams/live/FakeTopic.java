package io.espalier.streams.live;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** A topic in memory, whose records may be damaged, deleted, or another's. */
final class FakeTopic implements KafkaTopic {
    static final String NAME = "t";

    private final SortedMap<Integer, List<byte[]>> partitions = new TreeMap<>();
    private final Map<Integer, Long> beginnings = new TreeMap<>();
    /** Records of a partition, from and to, that cannot be read. */
    private final Map<Integer, long[]> damaged = new TreeMap<>();

    private String id;
    private int looks;

    FakeTopic(String id, int partitions) {
        anew(id, partitions);
    }

    /** The former is deleted. */
    void anew(String another, int count) {
        id = another;
        partitions.clear();
        beginnings.clear();
        damaged.clear();
        for (int number = 0; number < count; number++) {
            partitions.put(number, new ArrayList<>());
            beginnings.put(number, 0L);
        }
    }

    /** Null for a tombstone. */
    void add(int partition, byte[] value) {
        partitions.get(partition).add(value);
    }

    void deleteBefore(int partition, long offset) {
        beginnings.put(partition, offset);
    }

    void damage(int partition, long from, long to) {
        damaged.put(partition, new long[] {from, to});
    }

    void mend() {
        damaged.clear();
    }

    @Override
    public Standing look() {
        SortedMap<Integer, Range> ranges = new TreeMap<>();
        partitions.forEach((number, records) -> ranges.put(number, new Range(beginnings.get(number), records.size())));
        return new Standing(id, ranges, ++looks);
    }

    Optional<Standing> seen() {
        return Optional.of(look());
    }

    /** A consumer that is assigned once; a poll for damaged records fails as that of Kafka's consumer does. */
    MockConsumer<byte[], byte[]> consumer() {
        return new MockConsumer<>("none") {
            // The stretches whose records were added: one before the damage of a partition, one behind it.
            private final Set<String> filled = new HashSet<>();

            @Override
            public synchronized void assign(Collection<TopicPartition> assigned) {
                super.assign(assigned);
                assigned.forEach(
                        partition -> updateBeginningOffsets(Map.of(partition, beginnings.get(partition.partition()))));
            }

            @Override
            public synchronized ConsumerRecords<byte[], byte[]> poll(Duration patience) {
                for (TopicPartition partition : assignment()) {
                    long[] bad = damaged.get(partition.partition());
                    if (bad != null && position(partition) >= bad[0] && position(partition) < bad[1]) {
                        throw new KafkaException(
                                "Received exception when fetching the next record from " + partition,
                                new CorruptRecordException("the sum is wrong"));
                    }
                    boolean behind = bad != null && position(partition) >= bad[1];
                    if (filled.add(partition + " " + behind)) {
                        fill(this, partition);
                    }
                }
                return super.poll(patience);
            }
        };
    }

    private void fill(MockConsumer<byte[], byte[]> consumer, TopicPartition partition) {
        List<byte[]> records = partitions.get(partition.partition());
        long[] bad = damaged.getOrDefault(partition.partition(), new long[] {Long.MAX_VALUE, Long.MAX_VALUE});
        long from = consumer.position(partition);
        long to = from < bad[0] ? Math.min(bad[0], records.size()) : records.size();
        for (int offset = Math.toIntExact(from); offset < to; offset++) {
            consumer.addRecord(new ConsumerRecord<>(
                    NAME,
                    partition.partition(),
                    offset,
                    0L,
                    TimestampType.CREATE_TIME,
                    0,
                    0,
                    null,
                    records.get(offset),
                    new RecordHeaders(),
                    Optional.of(3)));
        }
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
