package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A feed that fails is opened again where it was; one that is left is closed. */
@Timeout(30)
class PolledArrivalsTest {
    private static ActorSystem system;

    private final Recorder heard = new Recorder();
    private final List<SortedMap<Integer, PartitionPosition>> opened = new ArrayList<>();
    private final AtomicInteger polls = new AtomicInteger();
    /** The first, and the one after its failure. */
    private final CountDownLatch openings = new CountDownLatch(2);

    private final CountDownLatch closed = new CountDownLatch(2);

    @BeforeAll
    static void start() {
        system = ActorSystem.create("polled");
    }

    @AfterAll
    static void stop() {
        system.terminate();
    }

    /** Gives two records at a time, nothing at every third look, and fails at every fifth. */
    private final class Failing implements Feed {
        private long next;

        Failing(SortedMap<Integer, PartitionPosition> from) {
            opened.add(new TreeMap<>(from));
            next = PartitionPosition.next(from, 0);
            openings.countDown();
        }

        @Override
        public List<Arrival> poll() {
            int poll = polls.incrementAndGet();
            if (poll % 5 == 0) {
                throw new UncheckedIOException(new IOException("the disk has gone"));
            }
            if (poll % 3 == 0) {
                return List.of();
            }
            next += 2;
            return List.of(record(next - 2), record(next - 1));
        }

        private Arrival record(long n) {
            return new Arrival.Item(
                    "p", 0, n, n + 1, null, ScriptedSource.TIME, "p:" + n, Arrival.Form.TEXT, new byte[0], null);
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    private Source<Arrival, NotUsed> arrivals() {
        return PolledArrivals.of(
                "p",
                Failing::new,
                new TreeMap<>(),
                PolledArrivals.Rests.after(Duration.ofMillis(1)),
                Thread::startVirtualThread,
                heard);
    }

    @Test
    void failuresAreToldAndNothingIsLostOrDoubled() {
        List<Long> offsets = arrivals()
                .take(60)
                .map(arrival -> arrival.next() - 1)
                .runWith(Sink.seq(), system)
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        assertThat(offsets).hasSize(60).doesNotHaveDuplicates().isSorted().endsWith(59L);
        assertThat(heard.errors).hasSizeGreaterThan(5).containsOnly("p: java.io.IOException: the disk has gone");
        // The feed that failed last may still rest when the sixtieth record is there.
        assertThat(opened).hasSizeBetween(heard.errors.size(), heard.errors.size() + 1);
        assertThat(PartitionPosition.next(opened.getLast(), 0)).isLessThanOrEqualTo(59);
    }

    @Test
    void everyFeedThatWasOpenedIsClosed() throws InterruptedException {
        var running = arrivals()
                .filter(_ -> false)
                .viaMat(KillSwitches.single(), Keep.right())
                .toMat(Sink.ignore(), Keep.left())
                .run(system);
        assertThat(openings.await(20, TimeUnit.SECONDS)).isTrue();
        running.shutdown();
        assertThat(closed.await(20, TimeUnit.SECONDS))
                .as("one after its failure, one after the stream")
                .isTrue();
    }
}
