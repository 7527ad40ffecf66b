package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Executor;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/**
 * All partitions of a topic, from the positions of the run's checkpoints: the broker's own memory of a consumer is neither
 * read nor written. Begun again, ever less often, where it fails.
 */
final class KafkaSource implements LiveSource {
    /** The consumer waits for records by itself. */
    private static final Duration IDLE = Duration.ofMillis(1);

    private final String name;
    private final KafkaSettings settings;
    private final KafkaBeginning beginning;
    private final Executor executor;
    private final InstantSource clock;
    private final LiveListener listener;
    private final KafkaTopic topic;
    private final KafkaWatch watch;

    /**
     * Makes the source of a run.
     *
     * @param beginning file of the run in which it is kept where the topic's partitions began
     * @param executor whose threads may wait for the network
     */
    KafkaSource(
            String name,
            KafkaSettings settings,
            Path beginning,
            Executor executor,
            InstantSource clock,
            LiveListener listener) {
        this.name = name;
        this.settings = settings;
        this.beginning = new KafkaBeginning(beginning, settings.topic());
        this.executor = executor;
        this.clock = clock;
        this.listener = listener;
        this.topic = new KafkaAdmin(settings);
        this.watch = new KafkaWatch(name, settings, topic, listener);
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
    public Source<Arrival, NotUsed> arrivals(SortedMap<Integer, PartitionPosition> from) {
        KafkaFeed.Parts parts = new KafkaFeed.Parts(topic, watch::standing, this::consumer, clock, System::nanoTime);
        return PolledArrivals.of(
                name,
                at -> new KafkaFeed(name, settings, parts, beginning, at, listener),
                from,
                new PolledArrivals.Rests(IDLE, settings.watchEvery(), settings.longestRest()),
                executor,
                listener);
    }

    private Consumer<byte[], byte[]> consumer() {
        Map<String, Object> properties = new HashMap<>(settings.properties());
        properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        try {
            return new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        } catch (KafkaException e) {
            throw isWrong(e) ? new GivenUp(refused(e)) : e;
        }
    }

    /** A name that cannot be resolved may be resolved later; a property that is wrong stays so. */
    private static boolean isWrong(KafkaException failure) {
        Throwable cause = failure instanceof ConfigException ? failure : failure.getCause();
        return cause instanceof ConfigException
                && !String.valueOf(cause.getMessage()).contains(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG);
    }

    private Refused refused(KafkaException failure) {
        return new Refused(
                Refused.Reason.BAD_CONFIGURATION,
                "live.sources." + name + ".properties: " + Failures.why(failure),
                failure);
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
        topic.close();
    }
}
