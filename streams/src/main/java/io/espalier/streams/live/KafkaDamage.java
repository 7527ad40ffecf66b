package io.espalier.streams.live;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;

/** Finds out which records a broker cannot give undamaged, by asking for them. Waits for the network. Used by one thread. */
final class KafkaDamage {
    private static final Duration WAIT = Duration.ofMillis(200);
    private static final int LOOKS = 25;

    private final Supplier<Consumer<byte[], byte[]>> consumers;

    /** @param consumers opens one, which is closed after each question */
    KafkaDamage(Supplier<Consumer<byte[], byte[]>> consumers) {
        this.consumers = consumers;
    }

    /** Whether a failure says that records are damaged, and not that Kafka is away: the consumer has no type for it. */
    static boolean is(KafkaException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            if (cause instanceof CorruptRecordException
                    || message.startsWith("Received exception when fetching the next record")
                    || message.startsWith("Encountered corrupt message")) {
                return true;
            }
        }
        return false;
    }

    /** The reason why the record at an offset cannot be read; null where it can, or where there is none. */
    String at(TopicPartition partition, long offset) {
        Consumer<byte[], byte[]> consumer = consumers.get();
        try {
            consumer.assign(List.of(partition));
            consumer.seek(partition, offset);
            for (int look = 0; look < LOOKS; look++) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(WAIT);
                if (!records.isEmpty() || consumer.position(partition) > offset) {
                    return null;
                }
            }
            return null;
        } catch (KafkaException e) {
            if (is(e)) {
                return e.getCause() == null
                        ? String.valueOf(e.getMessage())
                        : String.valueOf(e.getCause().getMessage());
            }
            throw e;
        } finally {
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }

    /**
     * The first record behind damaged ones that can be read: first in steps that double, then by halves, so that none is
     * passed over that can be read between two that cannot.
     *
     * @param from that cannot be read
     * @param end one past the last record
     */
    long end(TopicPartition partition, long from, long end) {
        long damaged = from;
        long step = 1;
        long whole = Math.min(end, damaged + step);
        while (whole < end && at(partition, whole) != null) {
            damaged = whole;
            step *= 2;
            whole = Math.min(end, damaged + step);
        }
        while (whole - damaged > 1) {
            long middle = damaged + (whole - damaged) / 2;
            if (at(partition, middle) == null) {
                whole = middle;
            } else {
                damaged = middle;
            }
        }
        return whole;
    }
}
