package io.espalier.streams.live;

import io.espalier.streams.live.KafkaTopic.Standing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/**
 * Reads all partitions of a topic from a position on. A partition whose records are damaged is left out for a while, and the
 * others are read. Begins anew where the topic is another or has more partitions. Owns its consumer.
 */
final class KafkaFeed implements Feed {
    private static final Duration WAIT = Duration.ofMillis(200);

    private final String name;
    private final KafkaSettings settings;
    private final Parts parts;
    private final LiveListener listener;
    private final KafkaPlaces places;
    private final KafkaDamage damage;
    private final SortedMap<Integer, PartitionPosition> at;
    /** The partitions that are left out, by number, each with the reason. */
    private final SortedMap<Integer, String> damaged = new TreeMap<>();

    private Consumer<byte[], byte[]> consumer;
    private Standing begun;
    private long damagedAt;

    /**
     * The parts that a feed is built from.
     *
     * @param topic asked where a feed begins
     * @param seen how the topic stood when it was last looked at
     * @param consumers opens one, which the feed closes
     */
    record Parts(
            KafkaTopic topic,
            Supplier<Optional<Standing>> seen,
            Supplier<Consumer<byte[], byte[]>> consumers,
            InstantSource clock,
            LongSupplier nanos) {}

    KafkaFeed(
            String name,
            KafkaSettings settings,
            Parts parts,
            KafkaBeginning beginning,
            SortedMap<Integer, PartitionPosition> from,
            LiveListener listener) {
        this.name = name;
        this.settings = settings;
        this.parts = parts;
        this.listener = listener;
        this.places = new KafkaPlaces(name, settings, beginning, listener);
        this.damage = new KafkaDamage(parts.consumers());
        this.at = new TreeMap<>(from);
    }

    @Override
    public List<Arrival> poll() {
        List<Arrival> found = new ArrayList<>();
        try {
            if (consumer == null || isAnother() || isTriedAgain()) {
                begin(Map.of(), found);
            }
            if (found.isEmpty()) {
                read(found);
            }
            return found;
        } catch (KafkaException e) {
            throw new UncheckedIOException(Failures.why(e), new IOException(e.getMessage(), e));
        }
    }

    private void read(List<Arrival> found) {
        try {
            take(consumer.poll(WAIT), found);
        } catch (LogTruncationException e) {
            Map<Integer, Long> cut = new HashMap<>();
            e.offsetOutOfRangePartitions().keySet().forEach(partition -> {
                OffsetAndMetadata other = e.divergentOffsets().get(partition);
                cut.put(partition.partition(), other == null ? Long.MAX_VALUE : other.offset());
            });
            begin(cut, found);
        } catch (OffsetOutOfRangeException e) {
            Map<Integer, Long> cut = new HashMap<>();
            e.partitions().forEach(partition -> cut.put(partition.partition(), Long.MAX_VALUE));
            begin(cut, found);
        } catch (KafkaException e) {
            if (!KafkaDamage.is(e)) {
                throw e;
            }
            leaveOutDamaged(e, found);
        }
    }

    private void take(ConsumerRecords<byte[], byte[]> records, List<Arrival> found) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            KafkaLog log = new KafkaLog(begun.id(), record.leaderEpoch());
            String known = at.get(record.partition()).log();
            if (record.leaderEpoch().isPresent() && !known.equals(log.toString())) {
                give(new Arrival.Mark(name, record.partition(), record.offset(), log.toString(), false), found);
            }
            give(arrival(record), found);
        }
        // Ends of transactions, records of those that were given up and what compaction has left out are no records.
        records.nextOffsets().forEach((partition, next) -> {
            if (next.offset() > at.get(partition.partition()).next()) {
                give(new Arrival.Mark(name, partition.partition(), next.offset()), found);
            }
        });
    }

    private void give(Arrival arrival, List<Arrival> found) {
        at.compute(arrival.partition(), (_, before) -> PartitionPosition.after(before, arrival));
        found.add(arrival);
    }

    private Arrival arrival(ConsumerRecord<byte[], byte[]> record) {
        Instant time = record.timestamp() < 0 ? parts.clock().instant() : Instant.ofEpochMilli(record.timestamp());
        return record.value() == null
                ? new Arrival.Tombstone(name, record.partition(), record.offset(), time)
                : new Arrival.Item(
                        name,
                        record.partition(),
                        record.offset(),
                        record.offset() + 1,
                        key(record),
                        time,
                        record.topic() + "-" + record.partition() + "@" + record.offset(),
                        settings.form(),
                        record.value(),
                        null);
    }

    private RecordKey key(ConsumerRecord<byte[], byte[]> record) {
        Header header = record.headers().lastHeader(settings.keyHeader());
        return header == null ? null : RecordKey.of(header.value());
    }

    /** Whether the topic is another or has more partitions now; a look from before the feed began says nothing. */
    private boolean isAnother() {
        return parts.seen()
                .get()
                .filter(seen -> seen.nanos() - begun.nanos() > 0)
                .filter(seen -> !seen.id().equals(begun.id())
                        || seen.partitions().size() > begun.partitions().size())
                .isPresent();
    }

    private boolean isTriedAgain() {
        boolean due = !damaged.isEmpty()
                && parts.nanos().getAsLong() - damagedAt
                        > settings.longestRest().toNanos();
        if (due) {
            damaged.clear();
        }
        return due;
    }

    /** Opens a consumer at the positions; where they are not those that were left, gives them. */
    private void begin(Map<Integer, Long> cut, List<Arrival> found) {
        close();
        begun = parts.topic().look();
        places.marks(begun, at, cut).forEach(mark -> give(mark, found));
        consumer = parts.consumers().get();
        assign();
    }

    private void assign() {
        List<TopicPartition> read = begun.partitions().keySet().stream()
                .filter(number -> !damaged.containsKey(number))
                .map(this::partition)
                .toList();
        consumer.assign(read);
        read.forEach(partition -> {
            PartitionPosition position = at.get(partition.partition());
            consumer.seek(
                    partition,
                    new OffsetAndMetadata(
                            position.next(), KafkaLog.of(position.log()).epoch(), ""));
        });
    }

    private TopicPartition partition(int number) {
        return new TopicPartition(settings.topic(), number);
    }

    /** Asks for each partition's next record alone, as the consumer does not say which one is damaged. */
    private void leaveOutDamaged(KafkaException failure, List<Arrival> found) {
        boolean any = false;
        for (TopicPartition partition : List.copyOf(consumer.assignment())) {
            String why = damage.at(partition, at.get(partition.partition()).next());
            if (why != null) {
                any = true;
                leaveOut(partition, why, found);
            }
        }
        if (!any) {
            throw failure;
        }
        assign();
    }

    private void leaveOut(TopicPartition partition, String why, List<Arrival> found) {
        long from = at.get(partition.partition()).next();
        if (settings.onDamage() == KafkaSettings.OnDamage.WAIT) {
            damagedAt = parts.nanos().getAsLong();
            damaged.put(
                    partition.partition(),
                    partition + " from record " + from + " on is damaged on the broker: " + why
                            + " (on-damage = skip passes over it)");
            return;
        }
        long to = damage.end(
                partition, from, begun.partitions().get(partition.partition()).end());
        String fault = "records " + from + " to " + to + " are damaged on the broker: " + why;
        listener.sourceError(name, partition + ": " + fault + "; they are passed over");
        give(
                new Arrival.Item(
                        name,
                        partition.partition(),
                        from,
                        to,
                        null,
                        parts.clock().instant(),
                        partition + "@" + from,
                        settings.form(),
                        new byte[0],
                        fault),
                found);
    }

    @Override
    public String trouble() {
        return damaged.isEmpty() ? null : String.join("; ", damaged.values());
    }

    @Override
    public void close() {
        if (consumer != null) {
            consumer.close(CloseOptions.timeout(Duration.ZERO));
            consumer = null;
        }
    }
}
