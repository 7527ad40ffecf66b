package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.live.KafkaSettings.OnDamage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.pekko.Done;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A batch that is damaged on the broker: it is passed over where that is asked for, and is told once where it is waited for. */
@Tag("full")
@Timeout(120)
class KafkaDamagedBatchTest extends KafkaRig {
    /** Flips a bit in the middle of the second of three batches of ten records. */
    private void damagedTopic(String name) throws Exception {
        try (Admin admin = broker.admin()) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get(20, TimeUnit.SECONDS);
        }
        Map<String, Object> sender = new HashMap<>(sender());
        sender.put("linger.ms", 5000);
        for (int batch = 0; batch < 3; batch++) {
            try (KafkaProducer<byte[], byte[]> producer =
                    new KafkaProducer<>(sender, new ByteArraySerializer(), new ByteArraySerializer())) {
                for (int i = 0; i < 10; i++) {
                    Future<RecordMetadata> _ = producer.send(new ProducerRecord<>(
                            name, 0, null, text(batch * 10 + i).value().getBytes(StandardCharsets.UTF_8)));
                }
                producer.flush();
            }
        }
        broker.stop();
        Path log = shared.resolve("kafka/logs/" + name + "-0/00000000000000000000.log");
        byte[] bytes = Files.readAllBytes(log);
        bytes[bytes.length / 2] ^= (byte) 0xFF;
        Files.write(log, bytes);
        broker.start();
    }

    @Test
    void aBatchThatIsDamagedOnTheBrokerIsOneDeadRecord() throws Exception {
        damagedTopic("crc");
        List<Arrival> arrivals = new ArrayList<>();
        try (KafkaSource source = source("crc", false, OnDamage.SKIP)) {
            arrivals.addAll(source.arrivals(at())
                    .filter(arrival -> arrival instanceof Arrival.Item)
                    .take(21)
                    .runWith(Sink.seq(), rig.system)
                    .toCompletableFuture()
                    .orTimeout(60, TimeUnit.SECONDS)
                    .join());
        }
        Arrival.Item dead = (Arrival.Item) arrivals.get(10);
        assertThat(dead.fault())
                .startsWith("records 10 to 20 are damaged on the broker: ")
                .contains("crc");
        assertThat(arrivals.get(20).next()).isEqualTo(30);
        assertThat(rig.heard.errors)
                .filteredOn(error -> error.contains("damaged"))
                .hasSize(1);
    }

    @Test
    void aBatchThatIsDamagedOnTheBrokerIsToldOnceWhileItWaits() throws Exception {
        damagedTopic("crc-waits");
        try (KafkaSource source = source("crc-waits", false, OnDamage.WAIT)) {
            List<Arrival> arrived = Collections.synchronizedList(new ArrayList<>());
            CompletableFuture<Done> _ = source.arrivals(at())
                    .filter(arrival -> arrival instanceof Arrival.Item)
                    .runWith(Sink.foreach(arrived::add), rig.system)
                    .toCompletableFuture();
            eventually(() -> rig.heard.errors.stream().anyMatch(error -> error.contains("on-damage = skip")));
            Thread.sleep(2000);
            assertThat(arrived).hasSize(10);
            assertThat(rig.heard.errors)
                    .filteredOn(error -> error.contains("crc-waits-0 from record 10 on is damaged"))
                    .hasSize(1);
        }
    }
}
