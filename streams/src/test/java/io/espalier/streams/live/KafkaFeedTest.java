package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.streams.live.KafkaSettings.OnDamage;
import io.espalier.streams.live.KafkaSettings.OnReset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A topic that was made anew, or cannot be read whole, is read as far as it can be, and its lost records are told. */
@Timeout(30)
class KafkaFeedTest {
    private static final Duration REST = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final Recorder heard = new Recorder();
    private final FakeTopic topic = new FakeTopic("A", 2);
    private final SortedMap<Integer, PartitionPosition> at = new TreeMap<>();
    private MockConsumer<byte[], byte[]> consumer;
    private boolean fromEnd;
    private OnReset onReset = OnReset.EARLIEST;
    private OnDamage onDamage = OnDamage.WAIT;
    private long nanos;

    private KafkaFeed feed() {
        KafkaSettings settings = new KafkaSettings(
                FakeTopic.NAME, Arrival.Form.TEXT, fromEnd, onReset, onDamage, "key", REST, REST, Map.of());
        KafkaFeed.Parts parts =
                new KafkaFeed.Parts(topic, topic::seen, this::consumer, () -> ScriptedSource.TIME, () -> nanos);
        return new KafkaFeed("k", settings, parts, new KafkaBeginning(directory.resolve("begin.json"), "t"), at, heard);
    }

    private MockConsumer<byte[], byte[]> consumer() {
        consumer = topic.consumer();
        return consumer;
    }

    private void add(int partition, int from, int to) {
        for (int n = from; n < to; n++) {
            topic.add(partition, ("r" + n).getBytes(StandardCharsets.UTF_8));
        }
    }

    /** The arrivals of a feed until it gives none; the positions follow them. */
    private List<Arrival> drain(KafkaFeed feed) {
        List<Arrival> all = new ArrayList<>();
        for (List<Arrival> found = feed.poll(); !found.isEmpty(); found = feed.poll()) {
            all.addAll(found);
        }
        all.forEach(
                arrival -> at.compute(arrival.partition(), (_, before) -> PartitionPosition.after(before, arrival)));
        return all;
    }

    private List<Arrival> drain() {
        try (KafkaFeed feed = feed()) {
            return drain(feed);
        }
    }

    private static List<String> texts(List<Arrival> arrivals) {
        return arrivals.stream()
                .filter(Arrival.Item.class::isInstance)
                .map(Arrival.Item.class::cast)
                .map(item -> item.fault() == null
                        ? new String(item.bytes(), StandardCharsets.UTF_8)
                        : item.offset() + "!" + item.next())
                .sorted()
                .toList();
    }

    @Test
    void aTopicThatWasMadeAnewIsReadFromItsBeginningHoweverLongItIs() {
        add(0, 0, 10);
        try (KafkaFeed feed = feed()) {
            assertThat(texts(drain(feed))).hasSize(10);
            topic.anew("B", 2);
            add(0, 50, 53);
            assertThat(texts(drain(feed))).as("while it is read").containsExactly("r50", "r51", "r52");
        }
        topic.anew("C", 2);
        add(0, 60, 80);
        assertThat(texts(drain())).as("while it is not").hasSize(20);
        assertThat(heard.errors).hasSize(2).allMatch(error -> error.contains("topic t was made anew: its id was"));
        assertThat(at.get(0).log()).isEqualTo("C@3");
        assertThat(at.get(0).ended())
                .containsExactly(new PartitionPosition.Ended(0, 10), new PartitionPosition.Ended(0, 3));
    }

    @Test
    void aResetIsDecidedByItsSetting() {
        add(0, 0, 10);
        drain();
        topic.anew("B", 2);
        add(0, 50, 53);
        onReset = OnReset.FAIL;
        assertThatThrownBy(this::drain)
                .isInstanceOf(GivenUp.class)
                .hasCauseInstanceOf(Refused.class)
                .hasMessageContaining("its id was A and is B")
                .hasMessageContaining("on-reset must be earliest or latest");
        onReset = OnReset.LATEST;
        assertThat(texts(drain())).isEmpty();
        assertThat(at.get(0).next()).isEqualTo(3);
    }

    @Test
    void whatKafkaHasDeletedIsToldOfAllPartitionsAtOnceWithItsNumber() {
        add(0, 0, 10);
        add(1, 0, 10);
        at.put(0, PartitionPosition.at(2, "A@3"));
        at.put(1, PartitionPosition.at(5, "A@3"));
        topic.deleteBefore(0, 6);
        topic.deleteBefore(1, 8);
        assertThat(texts(drain())).hasSize(6);
        assertThat(heard.errors)
                .containsExactly(
                        "k: records 2 to 6 of t-0, 5 to 8 of t-1 are gone: Kafka has deleted them, 7 that were "
                                + "not read (on-reset = earliest)");
        onReset = OnReset.FAIL;
        at.put(0, PartitionPosition.at(2, "A@3"));
        assertThatThrownBy(this::drain).isInstanceOf(GivenUp.class);
    }

    @Test
    void aLogThatWasCutIsReadFromWhereItIsAnother() {
        add(0, 0, 10);
        try (KafkaFeed feed = feed()) {
            drain(feed);
            TopicPartition partition = new TopicPartition("t", 0);
            consumer.setPollException(
                    new LogTruncationException(Map.of(partition, 10L), Map.of(partition, new OffsetAndMetadata(7))));
            assertThat(texts(drain(feed))).containsExactly("r7", "r8", "r9");
        }
        assertThat(heard.errors)
                .hasSize(1)
                .first()
                .asString()
                .contains("records 7 to 10 of t-0 have been read and are");
        assertThat(at.get(0).ended()).containsExactly(new PartitionPosition.Ended(0, 10));
    }

    @Test
    void aLogThatEndsBeforeThePositionGoesOnAtItsEnd() {
        add(0, 0, 4);
        at.put(0, PartitionPosition.at(10, "A@3"));
        at.put(1, PartitionPosition.at(0, "A@3"));
        try (KafkaFeed feed = feed()) {
            drain(feed);
            consumer.setPollException(new OffsetOutOfRangeException(Map.of(new TopicPartition("t", 0), 10L)));
            drain(feed);
        }
        assertThat(at.get(0).next()).isEqualTo(4);
        assertThat(heard.errors).hasSize(1).first().asString().contains("records 4 to 10 of t-0 have been read");
    }

    @Test
    void whereARunBeganAtTheEndIsKnownBeforeItsFirstCheckpoint() {
        fromEnd = true;
        add(0, 0, 5);
        assertThat(texts(drain())).isEmpty();
        at.clear();
        add(0, 5, 8);
        assertThat(texts(drain())).as("after a kill").containsExactly("r5", "r6", "r7");
        assertThat(heard.errors).isEmpty();
    }

    @Test
    void whatWasDeletedBeforeTheFirstCheckpointIsToldToo() {
        add(0, 0, 5);
        drain();
        at.clear();
        topic.deleteBefore(0, 3);
        assertThat(texts(drain())).containsExactly("r3", "r4");
        assertThat(heard.errors).hasSize(1).first().asString().contains("records 0 to 3 of t-0 are gone");
    }

    @Test
    void aTombstoneIsCountedAndNoRecord() {
        topic.add(0, null);
        add(0, 1, 2);
        Intake intake = new Intake(LivePosition.SourcePosition.START, 10);
        drain().forEach(intake::moveTo);
        assertThat(intake.position().tombstones()).isEqualTo(1);
        assertThat(intake.position().read()).isEqualTo(2);
        assertThat(intake.position().dead()).isZero();
    }

    @Test
    void damagedRecordsHoldUpTheirPartitionAloneAndAreToldOnce() {
        add(0, 0, 30);
        add(1, 100, 105);
        topic.damage(0, 10, 20);
        try (KafkaFeed feed = feed()) {
            List<String> texts = texts(drain(feed));
            assertThat(texts).hasSize(15).contains("r9", "r104").doesNotContain("r10", "r20");
            assertThat(feed.trouble())
                    .contains("t-0 from record 10 on is damaged on the broker: the sum is wrong (on-damage = skip");
            nanos = REST.plusSeconds(1).toNanos();
            assertThat(texts(drain(feed))).isEmpty();
            topic.mend();
            nanos *= 3;
            assertThat(texts(drain(feed))).as("after the broker was mended").hasSize(20);
            assertThat(feed.trouble()).isNull();
        }
    }

    @Test
    void damagedRecordsAreOneDeadRecordAndNoneBehindThemIsPassedOver() {
        onDamage = OnDamage.SKIP;
        add(1, 0, 3);
        add(0, 0, 100);
        for (long[] bad : List.of(new long[] {10, 11}, new long[] {0, 37}, new long[] {64, 100})) {
            at.clear();
            topic.damage(0, bad[0], bad[1]);
            List<String> texts = texts(drain());
            assertThat(texts).hasSize(3 + 100 - (int) (bad[1] - bad[0]) + 1).contains(bad[0] + "!" + bad[1]);
        }
        assertThat(heard.errors).hasSize(3).allMatch(error -> error.endsWith("they are passed over"));
    }
}
