package io.espalier.actors.daemon;

import io.espalier.actors.TestJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

/** A broker of Kafka as a process of its own, which can be killed and started again over the same files and port. */
final class BrokerProcess implements AutoCloseable {
    private static final String MAIN = "io.espalier.streams.live.KafkaBroker";
    private static final long PATIENCE_SECONDS = 120;

    private final Path directory;
    private Process process;

    /** A record to be sent. */
    record Sending(int partition, String key, String value) {}

    /** Starts a broker and waits until it answers. */
    BrokerProcess(Path directory) throws IOException, InterruptedException {
        this.directory = Files.createDirectories(directory);
        start();
    }

    void start() throws IOException, InterruptedException {
        // A broker that was killed has left its file.
        Files.deleteIfExists(addressFile());
        Path output = directory.resolve("output.txt");
        List<String> command = TestJvm.commandBesideStreams(MAIN, List.of("-Xmx512m"));
        command.add(directory.resolve("broker").toString());
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Files.exists(addressFile())) {
            if (process.waitFor(50, TimeUnit.MILLISECONDS) || System.nanoTime() > deadline) {
                throw new AssertionError("the broker does not answer:\n" + Files.readString(output));
            }
        }
    }

    private Path addressFile() {
        return directory.resolve("broker").resolve("address");
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    String address() throws IOException {
        return Files.readString(addressFile());
    }

    private Admin admin() throws IOException {
        return Admin.create(Map.of("bootstrap.servers", address()));
    }

    void createTopic(String name, int partitions) throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                    .all()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** The offset behind the last record of each partition. */
    SortedMap<Integer, Long> ends(String topic, int partitions) throws Exception {
        Map<TopicPartition, OffsetSpec> latest = IntStream.range(0, partitions)
                .boxed()
                .collect(Collectors.toMap(number -> new TopicPartition(topic, number), _ -> OffsetSpec.latest()));
        SortedMap<Integer, Long> ends = new TreeMap<>();
        try (Admin admin = admin()) {
            admin.listOffsets(latest)
                    .all()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .forEach((partition, end) -> ends.put(partition.partition(), end.offset()));
        }
        return ends;
    }

    /** Sends records, and waits until each is acknowledged. */
    void send(String topic, List<Sending> records) throws Exception {
        // The sender is not idempotent: a broker that was killed may give two senders, one after the other, the same
        // number.
        Map<String, Object> settings =
                Map.of("bootstrap.servers", address(), "acks", "all", "enable.idempotence", false, "linger.ms", 20);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (Sending sending : records) {
                ProducerRecord<String, String> record =
                        new ProducerRecord<>(topic, sending.partition(), null, sending.value());
                record.headers().add("idempotency-key", sending.key().getBytes(StandardCharsets.UTF_8));
                sent.add(producer.send(record));
            }
            for (Future<RecordMetadata> acknowledged : sent) {
                acknowledged.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
