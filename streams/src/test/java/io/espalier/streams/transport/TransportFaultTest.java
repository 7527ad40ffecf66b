package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lost packets, a cut network, receivers and drivers that die: what arrives is right, and what does not is a value. */
@Timeout(180)
class TransportFaultTest {
    private static final String UDP = "channel = udp, udp-mtu = 8192 B, receiver-window = 128 KiB\n";
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.05, 0.2})
    void lostPacketsAreSentAgain(double rate) {
        String loss = UDP + "loss { rate = " + rate + ", seed = " + Rig.SEED + " }";
        System.out.println("loss " + rate + " seed " + Rig.SEED);
        Transport sender = rig.open(loss);
        Transport receiver = rig.open(loss);
        Endpoint endpoint = receiver.newEndpoint();
        Receiver received = rig.receive(receiver, endpoint);
        CompletionStage<Done> sent = rig.frames(0, 16, 256 * KIB + 1).runWith(rig.sink(sender, endpoint), rig.system);
        assertThat(received.take(16)).isEqualTo(Rig.numbers(0, 16));
        Rig.join(sent);
        assertThat(receiver.counters().bytesIn()).isEqualTo(sender.counters().bytesOut());
        Rig.await(
                "losses were asked for again",
                () -> receiver.counters().driver().naksSent() > 0);
        Rig.await("and sent again", () -> sender.counters().driver().retransmitsSent() > 0);
        assertThat(rig.lost).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", UDP})
    void aCutLinkGivesUpAndGoesOnWhenItIsRestored(String channel) throws IOException {
        Path cut = folder.resolve("cut");
        Transport sender = rig.open(channel + "give-up-after = 700 ms");
        Transport receiver = rig.open(
                channel.isEmpty()
                        ? Rig.settings("loss.cut-while = \"" + cut + "\"").withDriverAt(sender.directory())
                        : Rig.settings(channel + "loss.cut-while = \"" + cut + "\""));
        Endpoint endpoint = receiver.newEndpoint();
        Receiver received = rig.receive(receiver, endpoint);
        CompletionStage<Done> sent = rig.frames(0, 400, 512 * KIB).runWith(rig.sink(sender, endpoint), rig.system);
        assertThat(received.take(3)).isEqualTo(Rig.numbers(0, 3));
        Files.createFile(cut);
        Rig.await("the cut is seen by the sender", () -> sender.counters().gaveUp() > 0);
        Files.delete(cut);
        List<Long> rest = received.take(20);
        assertThat(rest).isSorted().doesNotHaveDuplicates();
        assertThat(sent.toCompletableFuture()).isNotDone();
        assertThat(rig.lost).isEmpty();
    }

    @Test
    void aSealedLinkWorksOverUdp() {
        FrameKey key = FrameKey.random(new SecureRandom());
        Transport sender = rig.open(UDP);
        Transport receiver = rig.open(UDP);
        Endpoint endpoint = receiver.newEndpoint();
        Receiver received = rig.receive(receiver, endpoint, Optional.of(key));
        rig.frames(0, 5, MIB + 1)
                .runWith(ActivationSink.to(sender, endpoint, Optional.of(key), rig.deliveries::add), rig.system);
        assertThat(received.take(5)).isEqualTo(Rig.numbers(0, 5));
        // A second sender has the same key.
        rig.frames(5, 5, MIB + 1)
                .runWith(ActivationSink.to(sender, endpoint, Optional.of(key), rig.deliveries::add), rig.system);
        assertThat(received.take(5)).isEqualTo(Rig.numbers(5, 5));
        // A sender without the key is not heard.
        rig.frames(10, 1, KIB).runWith(rig.sink(sender, endpoint), rig.system);
        Rig.awaitDropped(receiver, DropReason.FORGED, 1);
    }

    @Test
    void aReceivingProcessThatDiesIsNotWaitedForAndItsSuccessorIsSentTo() {
        Transport sender = rig.open("give-up-after = 1 s, client-liveness = 1500 ms");
        Transport first = rig.open(Rig.settings("client-liveness = 1500 ms").withDriverAt(sender.directory()));
        Endpoint endpoint = first.newEndpoint();
        Receiver received = rig.receive(first, endpoint);
        rig.frames(0, 1000, 3 * MIB).runWith(rig.sink(sender, endpoint), rig.system);
        assertThat(received.take(2)).isEqualTo(Rig.numbers(0, 2));
        received.cancel();
        first.close();
        Rig.await("a frame is given up", () -> rig.deliveries.stream().anyMatch(Delivery.GaveUp.class::isInstance));
        Transport second = rig.open(Rig.settings("client-liveness = 1500 ms").withDriverAt(sender.directory()));
        List<Long> rest = rig.receive(second, endpoint).take(5);
        assertThat(rest).isSorted().doesNotHaveDuplicates().allMatch(sequence -> sequence > 2);
    }

    @Test
    void aLostDriverIsToldOnceAndFailsTheLinks() {
        Transport owner = Transport.open(Rig.settings("driver-timeout = 1 s"), _ -> {});
        Transport child = rig.open(Rig.settings("driver-timeout = 1 s").withDriverAt(owner.directory()));
        CompletionStage<Done> ended = rig.receive(child, child.newEndpoint()).ended();
        CompletionStage<Done> sent = rig.frames(0, 1, KIB).runWith(rig.sink(child, child.newEndpoint()), rig.system);
        Rig.await("the frame waits", () -> child.counters().notConnected() > 0);
        owner.close();
        for (CompletionStage<Done> end : List.of(ended, sent)) {
            assertThat(end.toCompletableFuture())
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableThat()
                    .withCauseInstanceOf(TransportLost.class);
        }
        Rig.await("it is told", () -> !rig.lost.isEmpty());
        assertThat(rig.lost).singleElement().isInstanceOf(TransportLost.class);
        assertThat(child.counters().errors()).isPositive();
    }

    @Test
    void withoutADriverAnExternalOneIsRefused() {
        assertThatThrownBy(
                        () -> rig.open(Rig.settings("driver-timeout = 500 ms").withDriverAt(folder.resolve("none"))))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("no media driver");
    }

    @Test
    void aTakenPortIsRefused() throws IOException {
        try (java.net.DatagramSocket taken = new java.net.DatagramSocket(
                new java.net.InetSocketAddress(java.net.InetAddress.getLoopbackAddress(), 0))) {
            assertThatThrownBy(() -> rig.open(UDP + "port = " + taken.getLocalPort()))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()));
        }
    }
}
