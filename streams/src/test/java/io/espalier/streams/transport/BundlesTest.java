package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.streams.transport.FrameHeader.Kind;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole bundles come out in order; frames that never make a whole are freed and told. */
@Timeout(30)
class BundlesTest {
    private static ActorSystem system;

    private final Frames frames = new Frames();
    private final List<FrameHeader> unfinished = new ArrayList<>();

    @BeforeAll
    static void start() {
        system = ActorSystem.create("bundles");
    }

    @AfterAll
    static void stop() throws Exception {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void nothingStaysOpen() {
        assertThat(frames.open).hasValue(0);
    }

    private Frame frame(long sequence, int attempt, int part, int parts) {
        FrameHeader header = new FrameHeader(
                Kind.SIGNAL,
                1,
                1,
                1,
                sequence,
                attempt,
                part,
                parts,
                0,
                0,
                TensorType.U8,
                new long[] {1},
                new byte[32]);
        return frames.arrived(new OutgoingFrame(header, List.of(Arena.ofAuto().allocate(1)), () -> {}));
    }

    private List<Long> whole(Frame... arrived) throws Exception {
        List<Bundle> bundles = Source.from(List.of(arrived))
                .via(new Bundles(unfinished::add))
                .runWith(Sink.seq(), system)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        List<Long> sequences =
                bundles.stream().map(bundle -> bundle.header().sequence()).toList();
        bundles.forEach(Bundle::close);
        return sequences;
    }

    @Test
    void framesOfABatchComeOutTogether() throws Exception {
        assertThat(whole(frame(0, 0, 0, 2), frame(0, 0, 1, 2), frame(1, 1, 0, 1)))
                .containsExactly(0L, 1L);
        assertThat(unfinished).isEmpty();
    }

    @Test
    void aBundleThatLostAFrameIsPassedOver() throws Exception {
        assertThat(whole(
                        frame(0, 0, 0, 3),
                        frame(0, 0, 2, 3),
                        frame(1, 1, 1, 2),
                        frame(2, 2, 0, 2),
                        frame(2, 3, 1, 2),
                        frame(3, 4, 0, 1)))
                .containsExactly(3L);
        assertThat(unfinished).hasSize(5);
    }

    @Test
    void whatIsUnfinishedAtTheEndIsFreed() throws Exception {
        assertThat(whole(frame(0, 0, 0, 2))).isEmpty();
        assertThat(unfinished).hasSize(1);
    }
}
