package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.live.KafkaSettings.OnDamage;
import io.espalier.testing.CleanLog;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A real broker, records sent to its topics, and sources that read them. One broker serves a test class. */
abstract class KafkaRig {
    static final int PARTITIONS = 3;

    /** A broker's own loggers; those of its clients, which are what is tested, are not among them. */
    private static final List<String> BROKER_LOGGERS = List.of(
            "kafka.",
            "state.change.logger",
            "org.apache.kafka.controller",
            "org.apache.kafka.coordinator",
            "org.apache.kafka.image",
            "org.apache.kafka.metadata",
            "org.apache.kafka.raft",
            "org.apache.kafka.server",
            "org.apache.kafka.storage");

    static KafkaBroker broker;

    @TempDir
    static Path shared;

    @TempDir
    Path directory;

    LiveRig rig;

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
        // The broker runs in the tests' own process: what it logs while it stops and starts is not ours.
        BROKER_LOGGERS.forEach(CleanLog::expectFrom);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    static void topic(String name) throws Exception {
        try (Admin admin = broker.admin()) {
            admin.createTopics(List.of(new NewTopic(name, PARTITIONS, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
    }

    record Sent(String key, String value) {}

    /**
     * The sender's settings are not idempotent: a broker that was restarted may give two senders, one after the other,
     * the same number.
     */
    static Map<String, Object> sender() {
        return Map.of("bootstrap.servers", broker.address(), "enable.idempotence", false);
    }

    static void send(String topic, List<Sent> records) {
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

    static Sent text(int n) {
        return new Sent("key-" + n, "{\"text\":\"r-" + n + "\"}");
    }

    KafkaSource source(String topic) {
        return source(topic, false);
    }

    KafkaSource source(String topic, boolean fromEnd) {
        return source(topic, fromEnd, OnDamage.WAIT);
    }

    KafkaSource source(String topic, boolean fromEnd, OnDamage onDamage) {
        KafkaSettings settings = new KafkaSettings(
                topic,
                Arrival.Form.JSON,
                fromEnd,
                KafkaSettings.OnReset.EARLIEST,
                onDamage,
                "idempotency-key",
                Duration.ofMillis(100),
                Duration.ofMillis(400),
                Map.of(
                        "bootstrap.servers",
                        broker.address(),
                        "max.poll.records",
                        "50",
                        "isolation.level",
                        "read_committed"));
        return new KafkaSource(
                "k",
                settings,
                directory.resolve("k.begin.json"),
                Thread::startVirtualThread,
                InstantSource.system(),
                rig.heard);
    }

    static void eventually(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            Thread.sleep(20);
        }
    }

    List<Arrival> take(KafkaSource source, SortedMap<Integer, PartitionPosition> from, int count) {
        try (source) {
            return source.arrivals(from)
                    .filter(KafkaRig::isNews)
                    .take(count)
                    .runWith(Sink.seq(), rig.system)
                    .toCompletableFuture()
                    .orTimeout(40, TimeUnit.SECONDS)
                    .join();
        }
    }

    static SortedMap<Integer, PartitionPosition> at(long... next) {
        SortedMap<Integer, PartitionPosition> positions = new TreeMap<>();
        for (int i = 0; i < next.length; i++) {
            positions.put(i, PartitionPosition.at(next[i], ""));
        }
        return positions;
    }

    /** Whether an arrival tells more than the log by which its partition is known. */
    static boolean isNews(Arrival arrival) {
        return !(arrival instanceof Arrival.Mark mark) || mark.log().isEmpty() || mark.anew();
    }

    static void delete(String topic) throws Exception {
        try (Admin admin = broker.admin()) {
            admin.deleteTopics(List.of(topic)).all().get(20, TimeUnit.SECONDS);
            eventually(() -> !names(admin).contains(topic));
        }
    }

    static Set<String> names(Admin admin) {
        try {
            return admin.listTopics().names().get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
