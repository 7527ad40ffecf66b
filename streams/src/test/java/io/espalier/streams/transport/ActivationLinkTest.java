package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.checkpoint.TensorType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.stream.KillSwitch;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Frames arrive whole and in order; the consumer's demand is the producer's, and nothing beyond the windows is buffered; every
 * frame is released once, however the stream ends.
 */
@Timeout(120)
class ActivationLinkTest {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
        assertThat(rig.lost).isEmpty();
    }

    @Test
    void framesOfAllSizesArriveInOrder() {
        Transport transport = rig.open("");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        int[] sizes = {0, 1, 7, 65_000, 65_432, 65_433, 100_000, MIB, 3 * MIB + 1};
        CompletionStage<Done> sent = Source.range(0, 3 * sizes.length - 1)
                .map(i -> rig.frame(i, sizes[i % sizes.length]))
                .runWith(rig.sink(transport, endpoint), rig.system);
        assertThat(received.take(3 * sizes.length)).isEqualTo(Rig.numbers(0, 3L * sizes.length));
        Rig.join(sent);
        assertThat(rig.deliveries).hasSize(3 * sizes.length).allMatch(Delivery.Offered.class::isInstance);
        assertThat(transport.counters().framesIn()).isEqualTo(3L * sizes.length);
        assertThat(transport.counters().bytesIn())
                .isEqualTo(transport.counters().bytesOut());
    }

    @Test
    void aFrameLargerThanAnyMessageOfAeronArrives() {
        Transport transport = rig.open("");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        rig.frames(0, 2, 40 * MIB + 3).runWith(rig.sink(transport, endpoint), rig.system);
        assertThat(received.take(2)).isEqualTo(Rig.numbers(0, 2));
    }

    @Test
    void headersArriveAsTheyWereSent() {
        Transport transport = rig.open("");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        OutgoingFrame frame = rig.frame(0, 24);
        byte[] hash = new byte[FrameHeader.HASH_BYTES];
        hash[31] = -1;
        FrameHeader header = new FrameHeader(
                FrameHeader.Kind.RESIDUAL,
                Rig.JOB,
                Rig.EPOCH,
                Rig.LINK,
                Long.MAX_VALUE,
                3,
                4,
                5,
                6,
                7,
                TensorType.BF16,
                new long[] {2, 3, 1, 2},
                hash);
        Source.single(new OutgoingFrame(header, frame.payload(), frame.release()))
                .runWith(rig.sink(transport, endpoint), rig.system);
        try (Frame arrived = received.next()) {
            assertThat(arrived.header()).usingRecursiveComparison().isEqualTo(header);
        }
    }

    @Test
    void whenTheConsumerRestsTheProducerRests() {
        Transport transport = rig.open("window-frames = 2, send-ahead = 512 KiB");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        int bytes = MIB;
        rig.frames(0, 1000, bytes).runWith(rig.sink(transport, endpoint), rig.system);
        // The window, one that the consumer holds, half a term on its way, one in work and the next.
        int most = 2 + 1 + 1 + 1 + 1;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (System.nanoTime() < end) {
            assertThat(rig.made.get()).isLessThanOrEqualTo(most);
            assertThat(transport.counters().memory().inUse()).isLessThanOrEqualTo(4L * bytes);
            Thread.onSpinWait();
        }
        assertThat(transport.counters().backPressured()).isPositive();
        int before = rig.made.get();
        assertThat(received.take(10)).isEqualTo(Rig.numbers(0, 10));
        assertThat(rig.made.get()).isBetween(before + 1, before + 10 + most);
    }

    @Test
    void aCancelledReceiverClosesWhatItHolds() {
        Transport transport = rig.open("window-frames = 4");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        rig.frames(0, 100, 64 * KIB).runWith(rig.sink(transport, endpoint), rig.system);
        assertThat(received.take(3)).isEqualTo(Rig.numbers(0, 3));
        Rig.await("the window is full", () -> transport.counters().framesIn() >= 8);
        received.cancel();
        Rig.await("all memory is back", () -> transport.counters().memory().inUse() == 0);
    }

    @Test
    void aFinishedUpstreamIsWaitedForUntilItsLastFrameIsOut() {
        Transport transport = rig.open("");
        Endpoint endpoint = transport.newEndpoint();
        CompletionStage<Done> sent = rig.frames(0, 1, 4 * MIB).runWith(rig.sink(transport, endpoint), rig.system);
        Rig.await("the frame waits", () -> transport.counters().notConnected() > 0);
        assertThat(sent.toCompletableFuture()).isNotDone();
        Receiver received = rig.receive(transport, endpoint);
        assertThat(received.take(1)).isEqualTo(Rig.numbers(0, 1));
        Rig.join(sent);
    }

    @Test
    void aFailedUpstreamReleasesTheFrameInWork() {
        Transport transport = rig.open("");
        Endpoint endpoint = transport.newEndpoint();
        CompletionStage<Done> sent = rig.frames(0, 1, 4 * MIB)
                .concat(Source.lazySource(() -> Source.<OutgoingFrame>failed(new IllegalStateException("ill"))))
                .runWith(rig.sink(transport, endpoint), rig.system);
        assertThat(sent.toCompletableFuture())
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableThat()
                .withMessageContaining("ill");
        rig.awaitAllReleased();
    }

    @Test
    void withoutAReceiverAFrameIsGivenUpAsAValueAndTheNextIsTried() {
        Transport transport = rig.open("give-up-after = 200 ms");
        CompletionStage<Done> sent =
                rig.frames(0, 3, KIB).runWith(rig.sink(transport, transport.newEndpoint()), rig.system);
        Rig.join(sent);
        assertThat(rig.deliveries)
                .hasSize(3)
                .allSatisfy(delivery -> assertThat(delivery)
                        .isInstanceOfSatisfying(
                                Delivery.GaveUp.class,
                                gaveUp -> assertThat(gaveUp.reason()).isEqualTo(OfferOutcome.NOT_CONNECTED)));
        assertThat(transport.counters().gaveUp()).isEqualTo(3);
    }

    @Test
    void aReceiverThatDoesNotPullMakesTheSenderGiveUp() {
        Transport transport = rig.open("give-up-after = 300 ms, window-frames = 1");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        rig.frames(0, 50, MIB).runWith(rig.sink(transport, endpoint), rig.system);
        Rig.await("one is given up", () -> rig.deliveries.stream().anyMatch(Delivery.GaveUp.class::isInstance));
        assertThat(rig.deliveries)
                .filteredOn(Delivery.GaveUp.class::isInstance)
                .allSatisfy(delivery ->
                        assertThat(((Delivery.GaveUp) delivery).reason()).isEqualTo(OfferOutcome.BACK_PRESSURED));
        assertThat(received.take(1)).isEqualTo(Rig.numbers(0, 1));
    }

    @Test
    void aReceiverThatComesBackGetsWholeFramesOnly() {
        Transport transport = rig.open("give-up-after = 20 s, window-frames = 1");
        Endpoint endpoint = transport.newEndpoint();
        Receiver first = rig.receive(transport, endpoint);
        CompletionStage<Done> sent = rig.frames(0, 30, 3 * MIB).runWith(rig.sink(transport, endpoint), rig.system);
        first.take(2);
        Rig.await("the sender is midway", () -> transport.counters().backPressured() > 0);
        first.cancel();
        Receiver second = rig.receive(transport, endpoint);
        List<Long> rest = second.take(10);
        assertThat(rest).isSorted().doesNotHaveDuplicates();
        assertThat(sent.toCompletableFuture()).isNotCompletedExceptionally();
    }

    @Test
    void aSenderThatGoesAwayMidwayLeavesNothing() {
        Transport transport = rig.open("window-frames = 2");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        KillSwitch stop = rig.frames(0, 100, 8 * MIB)
                .viaMat(KillSwitches.single(), Keep.right())
                .to(rig.sink(transport, endpoint))
                .run(rig.system);
        // The window and what the consumer holds: then the next frame stays where it is.
        Rig.await("the window is full", () -> transport.counters().framesIn() == 2 + 1);
        long before = transport.counters().backPressured();
        Rig.await("the sender is stopped midway", () -> transport.counters().backPressured() > before + 10);
        stop.abort(new IllegalStateException("stopped"));
        rig.awaitAllReleased();
        received.take((int) transport.counters().framesIn());
        Rig.awaitDropped(transport, DropReason.INCOMPLETE, 1);
    }

    @Test
    void aFrameOfAnotherLinkIsDroppedBeforeMemoryIsTaken() {
        Transport transport = rig.open("");
        Endpoint endpoint = transport.newEndpoint();
        ActivationSource.at(transport, endpoint, new Expected(Rig.JOB, Rig.LINK + 1, _ -> true), Optional.empty())
                .runWith(Sink.ignore(), rig.system);
        Rig.join(rig.frames(0, 3, MIB).runWith(rig.sink(transport, endpoint), rig.system));
        Rig.awaitDropped(transport, DropReason.FOREIGN, 3);
        assertThat(transport.counters().memory().highWater()).isZero();
    }

    @Test
    void aFrameThatSaysItIsTooLargeIsDroppedBeforeMemoryIsTaken() {
        Transport transport = rig.open("largest-frame = 1 MiB");
        Endpoint endpoint = transport.newEndpoint();
        rig.receive(transport, endpoint);
        Rig.join(rig.frames(0, 2, MIB + 1).runWith(rig.sink(transport, endpoint), rig.system));
        Rig.awaitDropped(transport, DropReason.OVERSIZED, 2);
        assertThat(transport.counters().memory().highWater()).isZero();
    }

    @Test
    void aClosedTransportFailsItsLinksAndReleasesTheirFrames() {
        Transport transport = rig.open("");
        Endpoint endpoint = transport.newEndpoint();
        CompletionStage<Done> sent = rig.frames(0, 1, MIB).runWith(rig.sink(transport, endpoint), rig.system);
        CompletionStage<Done> received = ActivationSource.at(
                        transport, transport.newEndpoint(), Rig.EXPECTED, Optional.empty())
                .runWith(Sink.ignore(), rig.system);
        Rig.await("the frame waits", () -> transport.counters().notConnected() > 0);
        transport.close();
        for (CompletionStage<Done> end : List.of(sent, received)) {
            assertThat(end.toCompletableFuture())
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableThat()
                    .withCauseInstanceOf(TransportLost.class);
        }
        assertThat(transport.counters().framesIn()).isZero();
        transport.close();
    }
}
