package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.live.KafkaSettings.OnDamage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A source with a real broker counts each record once, whatever stops, and the same test fails without the safeguard.
 */
@Tag("full")
@Timeout(120)
class KafkaSourceTest extends KafkaRig {
    private static final int RECORDS = 3000;

    /** Records of which every fifth is sent a second time, a few places later. */
    private static List<Sent> withRepetitions() {
        List<Sent> sent = new ArrayList<>();
        for (int n = 0; n < RECORDS; n++) {
            sent.add(text(n));
            if (n % 5 == 4) {
                sent.add(text(n - 3));
            }
        }
        return sent;
    }

    /**
     * Returns the texts that count in a run that dies over and over, each time some batches after its last checkpoint;
     * the last batches wait for a record that is sent at the end.
     */
    private List<String> counted(
            String topic, LiveSettings settings, Function<KafkaSource, LiveSource> as, Runnable midway) {
        long seed = 5;
        Random random = new Random(seed);
        List<TokenBatch> lineage = new ArrayList<>();
        LivePosition at = LivePosition.START;
        long all = RECORDS + RECORDS / 5 + 200;
        for (int life = 0; read(at) < all - 20; life++) {
            if (life == 3) {
                midway.run();
            }
            try (LiveBatches batches = rig.batches(settings, 32, 2, as.apply(source(topic)))) {
                int done = 20 + random.nextInt(60);
                int lost = random.nextInt(10);
                SinkQueueWithCancel<TokenBatch> queue = batches.training(at, lineage.size())
                        .runWith(Sink.<TokenBatch>queue(1).withAttributes(Attributes.inputBuffer(1, 1)), rig.system);
                for (int i = 0; i < done + lost && read(at) < all - 20; i++) {
                    TokenBatch batch = queue.pull()
                            .toCompletableFuture()
                            .orTimeout(40, TimeUnit.SECONDS)
                            .join()
                            .orElseThrow();
                    if (i < done) {
                        lineage.add(batch);
                        at = LiveRig.after(batch);
                    }
                }
                queue.cancel();
            }
        }
        return ByteTokenizer.texts(lineage).stream()
                .filter(text -> text.startsWith("r-") && Integer.parseInt(text.substring(2)) < RECORDS)
                .toList();
    }

    private static long read(LivePosition at) {
        return at.source("k").read();
    }

    private static List<String> eachOnce() {
        return IntStream.range(0, RECORDS).mapToObj(n -> "r-" + n).toList();
    }

    private static void sendAll(String topic) throws Exception {
        topic(topic);
        send(topic, withRepetitions());
        // The further records fill the last rows.
        send(
                topic,
                IntStream.range(RECORDS, RECORDS + 200).mapToObj(KafkaRig::text).toList());
    }

    @Test
    void eachRecordCountsOnceThoughTheRunDiesAndTheBrokerRestarts() throws Exception {
        sendAll("once");
        List<String> counted = counted("once", rig.settings(""), source -> source, () -> {
            broker.stop();
            broker.start();
        });
        assertThat(counted).containsExactlyInAnyOrderElementsOf(eachOnce());
    }

    @Test
    void withoutTheMemoryOfKeysRecordsCountTwice() throws Exception {
        sendAll("no-keys");
        List<String> counted = counted("no-keys", rig.settings("dedupe { window = 0 }"), source -> source, () -> {});
        assertThat(counted).hasSizeGreaterThan(RECORDS + RECORDS / 10).containsAll(eachOnce());
    }

    @Test
    void withoutTheOffsetsOfCheckpointsNotAllIsReadThatIsAccountedFor() throws Exception {
        sendAll("no-offsets");
        List<String> counted = counted("no-offsets", rig.settings(""), Forgetful::new, () -> {});
        assertThat(counted).hasSizeLessThan(RECORDS - RECORDS / 10);
    }

    /** Begins anew, whatever the checkpoint says. */
    private record Forgetful(KafkaSource source) implements LiveSource {
        @Override
        public String name() {
            return source.name();
        }

        @Override
        public String kind() {
            return source.kind();
        }

        @Override
        public Source<Arrival, NotUsed> arrivals(SortedMap<Integer, PartitionPosition> from) {
            return source.arrivals(new TreeMap<>());
        }

        @Override
        public void committed(SortedMap<Integer, Long> next) {
            source.committed(next);
        }

        @Override
        public Map<Integer, Long> ends() {
            return source.ends();
        }

        @Override
        public void close() {
            source.close();
        }
    }

    @Test
    void recordsHaveTheirKeysTimesAndPlaces() throws Exception {
        topic("places");
        send("places", List.of(text(0), new Sent(null, "no key"), new Sent("t", null)));
        List<Arrival> arrivals = take(source("places"), at(0, 0, 0), 3).stream()
                .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
                .toList();
        assertThat(arrivals.get(0)).isInstanceOfSatisfying(Arrival.Item.class, item -> {
            assertThat(item.key()).hasToString("key-0");
            assertThat(item.where()).isEqualTo("places-0@0");
            assertThat(Duration.between(item.time(), Instant.now())).isLessThan(Duration.ofMinutes(1));
        });
        assertThat(arrivals.get(1))
                .isInstanceOfSatisfying(
                        Arrival.Item.class, item -> assertThat(item.key()).isNull());
        assertThat(arrivals.get(2)).isInstanceOf(Arrival.Tombstone.class);
    }

    @Test
    void recordsThatKafkaHasDeletedAreToldAndPassedOver() throws Exception {
        topic("deleted");
        send("deleted", IntStream.range(0, 30).mapToObj(KafkaRig::text).toList());
        try (Admin admin = broker.admin()) {
            admin.deleteRecords(Map.of(new TopicPartition("deleted", 0), RecordsToDelete.beforeOffset(4)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        List<Arrival> arrivals = take(source("deleted"), at(1, 10, 10), 6);
        assertThat(arrivals).extracting(Arrival::next).containsExactly(5L, 6L, 7L, 8L, 9L, 10L);
        assertThat(rig.heard.errors)
                .containsExactly("k: records 1 to 4 of deleted-0 are gone: Kafka has deleted them, 3 that were not read"
                        + " (on-reset = earliest)");
    }

    @Test
    void aStartAtTheEndTakesWhatComesLater() throws Exception {
        topic("end");
        send("end", IntStream.range(0, 30).mapToObj(KafkaRig::text).toList());
        try (KafkaSource source = source("end", true)) {
            SinkQueueWithCancel<Arrival> queue = source.arrivals(at()).runWith(Sink.<Arrival>queue(1), rig.system);
            List<Arrival> marks = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                marks.add(queue.pull()
                        .toCompletableFuture()
                        .orTimeout(40, TimeUnit.SECONDS)
                        .join()
                        .orElseThrow());
            }
            assertThat(marks).allMatch(Arrival.Mark.class::isInstance);
            assertThat(marks).extracting(Arrival::next).containsExactly(10L, 10L, 10L);
            send("end", List.of(text(30)));
            assertThat(queue.pull()
                            .toCompletableFuture()
                            .orTimeout(40, TimeUnit.SECONDS)
                            .join()
                            .orElseThrow()
                            .next())
                    .as("by which its log is known, before the record")
                    .isEqualTo(10);
            queue.cancel();
        }
    }

    @Test
    void newPartitionsAreFoundAndEndsAreKnown() throws Exception {
        topic("growing");
        send("growing", List.of(text(0), text(1), text(2)));
        try (KafkaSource source = source("growing")) {
            List<Arrival> arrived = Collections.synchronizedList(new ArrayList<>());
            CompletableFuture<Done> done = source.arrivals(at(0, 0, 0))
                    .filter(arrival -> isNews(arrival) || arrival.partition() == 3)
                    .take(6)
                    .runWith(Sink.foreach(arrived::add), rig.system)
                    .toCompletableFuture();
            eventually(() -> arrived.size() == 3 && source.ends().equals(Map.of(0, 1L, 1, 1L, 2, 1L)));
            try (Admin admin = broker.admin()) {
                admin.createPartitions(Map.of("growing", NewPartitions.increaseTo(4)))
                        .all()
                        .get(20, TimeUnit.SECONDS);
            }
            eventually(() -> arrived.size() == 4);
            assertThat(arrived.getLast().partition()).isEqualTo(3);
            assertThat(arrived.getLast().next()).isZero();
            try (KafkaProducer<byte[], byte[]> producer =
                    new KafkaProducer<>(sender(), new ByteArraySerializer(), new ByteArraySerializer())) {
                producer.send(new ProducerRecord<>("growing", 3, null, "{}".getBytes(StandardCharsets.UTF_8)))
                        .get(20, TimeUnit.SECONDS);
            }
            done.orTimeout(40, TimeUnit.SECONDS).join();
            assertThat(arrived.getLast().partition()).isEqualTo(3);
        }
    }

    @Test
    void aSlowConsumerMakesLagAndNothingElse() throws Exception {
        topic("slow");
        send("slow", IntStream.range(0, 5000).mapToObj(KafkaRig::text).toList());
        try (KafkaSource source = source("slow");
                LiveBatches batches = rig.batches(rig.settings(""), 32, 2, source)) {
            SinkQueueWithCancel<TokenBatch> queue = batches.training(LivePosition.START, 0)
                    .runWith(Sink.<TokenBatch>queue(1).withAttributes(Attributes.inputBuffer(1, 1)), rig.system);
            LivePosition last = LivePosition.START;
            for (int i = 0; i < 20; i++) {
                last = (LivePosition) queue.pull()
                        .toCompletableFuture()
                        .orTimeout(40, TimeUnit.SECONDS)
                        .join()
                        .orElseThrow()
                        .next();
            }
            long taken = last.source("k").read();
            eventually(() -> batches.status().sources().getFirst().lagRecords().isPresent());
            LiveStatus.SourceStatus status = batches.status().sources().getFirst();
            assertThat(status.read() - taken).as("taken in ahead of the batch").isBetween(0L, 40L);
            assertThat(status.lagRecords()).hasValue(5000 - status.read());
            queue.cancel();
        }
    }

    @Test
    void aBrokerThatDoesNotAnswerIsToldOnceAndComesBack() throws Exception {
        topic("away");
        send("away", List.of(text(0), text(1), text(2)));
        try (KafkaSource source = source("away")) {
            List<Arrival> arrived = Collections.synchronizedList(new ArrayList<>());
            CompletableFuture<Done> done = source.arrivals(at(0, 0, 0))
                    .filter(KafkaRig::isNews)
                    .take(6)
                    .runWith(Sink.foreach(arrived::add), rig.system)
                    .toCompletableFuture();
            eventually(() -> arrived.size() == 3 && !source.ends().isEmpty());
            broker.stop();
            eventually(() -> rig.heard.errors.stream().anyMatch(error -> error.contains("Kafka does not answer")));
            broker.start();
            send("away", List.of(text(3), text(4), text(5)));
            done.orTimeout(60, TimeUnit.SECONDS).join();
            assertThat(arrived.stream().map(Arrival::next)).containsExactlyInAnyOrder(1L, 1L, 1L, 2L, 2L, 2L);
            assertThat(rig.heard.errors.stream().filter(error -> error.contains("does not answer")))
                    .hasSize(1);
        }
    }

    @Test
    void aTopicThatIsMadeAnewWhileItIsReadIsReadFromItsBeginning() throws Exception {
        topic("anew");
        send("anew", IntStream.range(0, 30).mapToObj(KafkaRig::text).toList());
        try (KafkaSource source = source("anew")) {
            List<Arrival> arrived = Collections.synchronizedList(new ArrayList<>());
            CompletableFuture<Done> done = source.arrivals(at())
                    .filter(arrival -> arrival instanceof Arrival.Item)
                    .take(36)
                    .runWith(Sink.foreach(arrived::add), rig.system)
                    .toCompletableFuture();
            eventually(() -> arrived.size() == 30);
            delete("anew");
            topic("anew");
            send("anew", IntStream.range(100, 106).mapToObj(KafkaRig::text).toList());
            done.orTimeout(60, TimeUnit.SECONDS).join();
            assertThat(arrived.subList(30, 36))
                    .extracting(Arrival::next)
                    .containsExactlyInAnyOrder(1L, 2L, 1L, 2L, 1L, 2L);
        }
        assertThat(rig.heard.errors)
                .filteredOn(error -> error.contains("was made anew"))
                .hasSize(1);
    }

    @Test
    void theLagOfATransactionalTopicComesToNothing() throws Exception {
        topic("tx");
        Map<String, Object> sender = new HashMap<>(Map.of("bootstrap.servers", broker.address()));
        sender.put("transactional.id", "tx");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(sender, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            for (String end : List.of("commit", "abort", "commit", "abort")) {
                producer.beginTransaction();
                for (int i = 0; i < 6; i++) {
                    byte[] value = "{\"text\":\"x\"}".getBytes(StandardCharsets.UTF_8);
                    producer.send(new ProducerRecord<>("tx", i % PARTITIONS, null, value))
                            .get(20, TimeUnit.SECONDS);
                }
                if (end.equals("commit")) {
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
            }
            Intake intake = new Intake(LivePosition.SourcePosition.START, 0);
            try (KafkaSource source = source("tx", false, OnDamage.WAIT)) {
                CompletableFuture<Done> _ = source.arrivals(at())
                        .runWith(Sink.foreach(intake::moveTo), rig.system)
                        .toCompletableFuture();
                eventually(() -> intake.position().read() == 12
                        && intake.status("k", "kafka", source.ends())
                                .lagRecords()
                                .equals(OptionalLong.of(0)));
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("tx", 0, null, new byte[0])).get(20, TimeUnit.SECONDS);
                producer.flush();
                Thread.sleep(500);
                assertThat(intake.status("k", "kafka", source.ends()).lagRecords())
                        .as("what is not committed cannot be read")
                        .hasValue(0);
                producer.abortTransaction();
            }
        }
    }
}
