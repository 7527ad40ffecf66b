package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.batch.TokenBatch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a real broker: each record counts once, whatever stops, and the same test fails without what makes it so. */
@Timeout(120)
class KafkaSourceTest {
    private static final int PARTITIONS = 3;
    private static final int RECORDS = 3000;

    private static KafkaBroker broker;

    @TempDir
    static Path shared;

    @TempDir
    Path directory;

    private LiveRig rig;

    @BeforeAll
    static void start() {
        broker = new KafkaBroker(shared.resolve("kafka"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @BeforeEach
    void open() {
        rig = new LiveRig(directory);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private static void topic(String name) throws Exception {
        try (Admin admin = broker.admin()) {
            admin.createTopics(List.of(new NewTopic(name, PARTITIONS, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
    }

    private record Sent(String key, String value) {}

    /** Not idempotent: a broker that was restarted may give two senders, one after the other, the same number. */
    private static Map<String, Object> sender() {
        return Map.of("bootstrap.servers", broker.address(), "enable.idempotence", false);
    }

    private static void send(String topic, List<Sent> records) {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(sender(), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < records.size(); i++) {
                Sent sent = records.get(i);
                byte[] value = sent.value() == null ? null : sent.value().getBytes(StandardCharsets.UTF_8);
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, i % PARTITIONS, null, value);
                if (sent.key() != null) {
                    record.headers().add("idempotency-key", sent.key().getBytes(StandardCharsets.UTF_8));
                }
                // Flushed below; what fails fails the counts.
                Future<RecordMetadata> _ = producer.send(record);
            }
            producer.flush();
        }
    }

    private static Sent text(int n) {
        return new Sent("key-" + n, "{\"text\":\"r-" + n + "\"}");
    }

    private KafkaSource source(String topic) {
        return source(topic, false);
    }

    private KafkaSource source(String topic, boolean fromEnd) {
        KafkaSettings settings = new KafkaSettings(
                topic,
                Arrival.Form.JSON,
                fromEnd,
                "idempotency-key",
                Duration.ofMillis(100),
                Duration.ofMillis(400),
                Map.of("bootstrap.servers", broker.address(), "max.poll.records", "50"));
        return new KafkaSource("k", settings, Thread::startVirtualThread, InstantSource.system(), rig.heard);
    }

    private static void eventually(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            Thread.sleep(20);
        }
    }

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
     * What counts of a run that dies over and over, each time some batches after its last checkpoint; the last batches
     * wait for a record that is sent at the end.
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
        // So that what is counted fills its rows.
        send(
                topic,
                IntStream.range(RECORDS, RECORDS + 200)
                        .mapToObj(KafkaSourceTest::text)
                        .toList());
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
        public Source<Arrival, NotUsed> arrivals(SortedMap<Integer, Long> next) {
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

    private List<Arrival> take(KafkaSource source, SortedMap<Integer, Long> from, int count) {
        try (source) {
            return source.arrivals(from)
                    .take(count)
                    .runWith(Sink.seq(), rig.system)
                    .toCompletableFuture()
                    .orTimeout(40, TimeUnit.SECONDS)
                    .join();
        }
    }

    private static SortedMap<Integer, Long> at(long... next) {
        SortedMap<Integer, Long> offsets = new TreeMap<>();
        for (int i = 0; i < next.length; i++) {
            offsets.put(i, next[i]);
        }
        return offsets;
    }

    @Test
    void recordsHaveTheirKeysTimesAndPlacesAndTombstonesAreTold() throws Exception {
        topic("places");
        send("places", List.of(text(0), new Sent(null, "no key"), new Sent("t", null)));
        List<Arrival.Item> items = take(source("places"), at(0, 0, 0), 3).stream()
                .map(Arrival.Item.class::cast)
                .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
                .toList();
        assertThat(items).extracting(Arrival.Item::key).containsExactly("key-0", null, "t");
        assertThat(items).extracting(Arrival.Item::where).containsExactly("places-0@0", "places-1@0", "places-2@0");
        assertThat(items.get(2).fault()).contains("absent");
        assertThat(Duration.between(items.get(0).time(), Instant.now())).isLessThan(Duration.ofMinutes(1));
    }

    @Test
    void recordsThatKafkaHasDeletedAreToldAndPassedOver() throws Exception {
        topic("deleted");
        send("deleted", IntStream.range(0, 30).mapToObj(KafkaSourceTest::text).toList());
        try (Admin admin = broker.admin()) {
            admin.deleteRecords(Map.of(new TopicPartition("deleted", 0), RecordsToDelete.beforeOffset(4)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        List<Arrival> arrivals = take(source("deleted"), at(1, 10, 10), 7);
        assertThat(arrivals.getFirst()).isEqualTo(new Arrival.Mark("k", 0, 4));
        assertThat(arrivals.getLast().next()).isEqualTo(10);
        assertThat(rig.heard.errors).containsExactly("k: records 1 to 4 of deleted-0 are gone: Kafka has deleted them");
    }

    @Test
    void aStartAtTheEndTakesWhatComesLater() throws Exception {
        topic("end");
        send("end", IntStream.range(0, 30).mapToObj(KafkaSourceTest::text).toList());
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
            assertThat(marks)
                    .containsExactly(
                            new Arrival.Mark("k", 0, 10), new Arrival.Mark("k", 1, 10), new Arrival.Mark("k", 2, 10));
            send("end", List.of(text(30)));
            assertThat(queue.pull()
                            .toCompletableFuture()
                            .orTimeout(40, TimeUnit.SECONDS)
                            .join()
                            .orElseThrow()
                            .next())
                    .isEqualTo(11);
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
                    .take(5)
                    .runWith(Sink.foreach(arrived::add), rig.system)
                    .toCompletableFuture();
            eventually(() -> arrived.size() == 3 && source.ends().equals(at(1, 1, 1)));
            try (Admin admin = broker.admin()) {
                admin.createPartitions(Map.of("growing", NewPartitions.increaseTo(4)))
                        .all()
                        .get(20, TimeUnit.SECONDS);
            }
            eventually(() -> arrived.size() == 4);
            assertThat(arrived.getLast()).isEqualTo(new Arrival.Mark("k", 3, 0));
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
        send("slow", IntStream.range(0, 5000).mapToObj(KafkaSourceTest::text).toList());
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
}
