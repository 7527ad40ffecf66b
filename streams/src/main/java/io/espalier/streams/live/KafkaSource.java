package io.espalier.streams.live;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.RestartSettings;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Source;

/**
 * All partitions of a topic, from the positions of the run's checkpoints: the broker's own memory of a consumer is
 * neither read nor written. Begun again, ever less often, where it fails, and where the topic has more partitions.
 */
final class KafkaSource implements LiveSource {
    private static final double JITTER = 0.2;
    private static final byte[] NOTHING = {};

    private final String name;
    private final KafkaSettings settings;
    private final Executor executor;
    private final InstantSource clock;
    private final LiveListener listener;
    private final AtomicReference<Consumer.Control> running = new AtomicReference<>();
    private final KafkaWatch watch;

    /** @param executor whose threads may wait for the network */
    KafkaSource(String name, KafkaSettings settings, Executor executor, InstantSource clock, LiveListener listener) {
        this.name = name;
        this.settings = settings;
        this.executor = executor;
        this.clock = clock;
        this.listener = listener;
        this.watch = new KafkaWatch(name, settings, listener, this::beginAnew);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String kind() {
        return settings.kind();
    }

    @Override
    public Source<Arrival, NotUsed> arrivals(SortedMap<Integer, Long> from) {
        return Source.fromMaterializer((materializer, _) -> {
                    SortedMap<Integer, Long> next = new ConcurrentSkipListMap<>(from);
                    RestartSettings restarts =
                            RestartSettings.create(settings.watchEvery(), settings.longestRest(), JITTER);
                    return RestartSource.<Arrival>withBackoff(restarts, () -> once(materializer.system(), next));
                })
                .mapMaterializedValue(_ -> NotUsed.getInstance());
    }

    /** From where the last one was left: what a consumer had fetched and nobody had taken is fetched again. */
    private Source<Arrival, NotUsed> once(ActorSystem system, SortedMap<Integer, Long> next) {
        return Source.completionStageSource(CompletableFuture.supplyAsync(() -> begin(next), executor)
                        .thenApply(
                                marks -> Source.from(marks).concatLazy(Source.lazySource(() -> records(system, next)))))
                .map(arrival -> {
                    next.put(arrival.partition(), arrival.next());
                    return arrival;
                })
                .watchTermination((_, done) -> {
                    done.whenComplete((_, failure) -> tell(failure));
                    return NotUsed.getInstance();
                });
    }

    private void tell(Throwable failure) {
        if (failure != null) {
            listener.sourceError(name, String.valueOf(failure.getMessage()));
        }
    }

    /** Where partitions begin of which no position is known, and where those go on whose records are gone. */
    private List<Arrival> begin(SortedMap<Integer, Long> next) {
        try (KafkaTopic topic = new KafkaTopic(settings)) {
            SortedMap<Integer, Long> beginnings = topic.beginnings();
            // Partitions that are made later hold nothing that was there before the run.
            SortedMap<Integer, Long> starts = settings.fromEnd() && next.isEmpty() ? topic.ends() : beginnings;
            List<Arrival> marks = new ArrayList<>();
            beginnings.forEach((partition, beginning) -> {
                Long known = next.get(partition);
                if (known == null) {
                    marks.add(new Arrival.Mark(name, partition, starts.get(partition)));
                } else if (known < beginning) {
                    listener.sourceError(
                            name,
                            "records " + known + " to " + beginning + " of " + settings.topic() + "-" + partition
                                    + " are gone: Kafka has deleted them");
                    marks.add(new Arrival.Mark(name, partition, beginning));
                }
            });
            return marks;
        }
    }

    private Source<Arrival, NotUsed> records(ActorSystem system, SortedMap<Integer, Long> next) {
        ConsumerSettings<byte[], byte[]> consumer = ConsumerSettings.create(
                        system, new ByteArrayDeserializer(), new ByteArrayDeserializer())
                .withProperties(settings.properties())
                .withProperty(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none")
                .withProperty(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false")
                .withStopTimeout(Duration.ZERO);
        Map<TopicPartition, Long> offsets = new HashMap<>();
        next.forEach((partition, offset) -> offsets.put(new TopicPartition(settings.topic(), partition), offset));
        return Consumer.plainSource(consumer, Subscriptions.assignmentWithOffset(offsets))
                .mapMaterializedValue(control -> {
                    running.set(control);
                    return NotUsed.getInstance();
                })
                .map(this::arrival);
    }

    private Arrival arrival(ConsumerRecord<byte[], byte[]> record) {
        return new Arrival.Item(
                name,
                record.partition(),
                record.offset(),
                record.offset() + 1,
                key(record),
                record.timestamp() < 0 ? clock.instant() : Instant.ofEpochMilli(record.timestamp()),
                record.topic() + "-" + record.partition() + "@" + record.offset(),
                settings.form(),
                record.value() == null ? NOTHING : record.value(),
                record.value() == null ? "value is absent: must be a text" : null);
    }

    private String key(ConsumerRecord<byte[], byte[]> record) {
        Header header = record.headers().lastHeader(settings.keyHeader());
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** The stream takes it for an end, and begins anew with the partitions that there are now. */
    private void beginAnew() {
        Consumer.Control control = running.get();
        if (control != null) {
            // Its outcome is the stream's end.
            CompletionStage<Done> _ = control.shutdown();
        }
    }

    /** Kafka keeps what it is set to keep. */
    @Override
    public void committed(SortedMap<Integer, Long> next) {
        // The checkpoint alone knows.
    }

    @Override
    public Map<Integer, Long> ends() {
        return watch.ends();
    }

    @Override
    public void close() {
        watch.close();
    }
}
