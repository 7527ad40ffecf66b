package io.espalier.streams.distill;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.train.ReceivedSignal;
import io.espalier.gpu.train.SignalPart;
import io.espalier.gpu.train.StageInput;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.transport.Bundle;
import io.espalier.streams.transport.FrameHeader.Kind;
import io.espalier.streams.transport.Frames;
import io.espalier.streams.transport.OutgoingFrame;
import io.espalier.streams.transport.Wire;
import io.espalier.streams.transport.Wire.Envelope;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A stage answers each bundle in order, computes no further than its receiver pulls, tells failures instead of dying of them,
 * and frees what it was given and what it made, once, whatever ends the link.
 */
@Timeout(30)
class ServeGraphTest {
    private static final int TAPS = 2;
    private static ActorSystem system;

    private final Frames frames = new Frames();
    private final AtomicInteger openSignals = new AtomicInteger();
    private final AtomicInteger computed = new AtomicInteger();
    private final Set<OutgoingFrame> handed = identitySet();
    private final Set<OutgoingFrame> taken = identitySet();

    private static Set<OutgoingFrame> identitySet() {
        return Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
    }

    @BeforeAll
    static void start() {
        system = ActorSystem.create("serve");
    }

    @AfterAll
    static void stop() throws Exception {
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void nothingStaysOpen() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while ((openSignals.get() != 0 || frames.open.get() != 0) && System.nanoTime() < deadline) {
            // The receiver releases the frames that the queue held when it was cancelled.
            List.copyOf(handed).stream().filter(frame -> !taken.contains(frame)).forEach(frame -> {
                taken.add(frame);
                frame.release().run();
            });
        }
        assertThat(openSignals).hasValue(0);
        assertThat(frames.open).hasValue(0);
    }

    private CompletionStage<TeacherSignal> compute(StageInput input) {
        computed.incrementAndGet();
        openSignals.incrementAndGet();
        long sequence = input instanceof StageInput.Ids ids ? ids.batch().sequence() : -1;
        SignalPart part = SignalPart.state(
                new Place(Site.FINAL_NORM, 1),
                TensorType.U8,
                new long[] {1, 1},
                List.of(Arena.ofAuto().allocate(1)));
        List<SignalPart> parts = Collections.nCopies(TAPS, part);
        return CompletableFuture.completedFuture(new ReceivedSignal(sequence, parts, openSignals::decrementAndGet));
    }

    private Bundle request(long sequence) {
        TokenBatch batch = new TokenBatch(sequence, 1, 1, new int[2], null, List.of());
        Envelope envelope = new Envelope(Kind.REQUEST, 1, 1, 1, sequence, (int) sequence, Wire.hash(batch));
        return frames.bundle(Wire.request(envelope, batch));
    }

    private SinkQueueWithCancel<OutgoingFrame> serve(int batches, StagePort stage, boolean last) {
        return Source.range(0, batches - 1)
                .map(i -> request(i))
                .via(ServeGraph.serve(stage, last))
                .map(frame -> {
                    handed.add(frame);
                    return frame;
                })
                .toMat(
                        Sink.<OutgoingFrame>queue()
                                .withAttributes(org.apache.pekko.stream.Attributes.inputBuffer(1, 1)),
                        Keep.right())
                .run(system);
    }

    private OutgoingFrame next(SinkQueueWithCancel<OutgoingFrame> queue) throws Exception {
        OutgoingFrame frame =
                queue.pull().toCompletableFuture().get(10, TimeUnit.SECONDS).orElseThrow();
        taken.add(frame);
        return frame;
    }

    @Test
    void answersInOrderAndFreesEachAnswerWhenItsLastFrameIsGone() throws Exception {
        SinkQueueWithCancel<OutgoingFrame> queue = serve(3, this::compute, true);
        for (int batch = 0; batch < 3; batch++) {
            for (int part = 0; part < TAPS; part++) {
                OutgoingFrame frame = next(queue);
                assertThat(frame.header().kind()).isEqualTo(Kind.SIGNAL);
                assertThat(frame.header().sequence()).isEqualTo(batch);
                assertThat(frame.header().attempt()).isEqualTo(batch);
                assertThat(frame.header().part()).isEqualTo(part);
                frame.release().run();
            }
        }
        assertThat(queue.pull().toCompletableFuture().get(10, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void computesNoFurtherThanItsReceiverPulls() throws Exception {
        SinkQueueWithCancel<OutgoingFrame> queue = serve(1000, this::compute, false);
        OutgoingFrame first = next(queue);
        assertThat(first.header().kind()).isEqualTo(Kind.RESIDUAL);
        first.release().run();
        next(queue).release().run();
        assertThat(computed.get())
                .as("answers made while two frames were taken")
                .isBetween(1, 4);
        queue.cancel();
    }

    @Test
    void aFailureIsToldAndTheNextBatchAnswered() throws Exception {
        StagePort stage = input -> {
            if (((StageInput.Ids) input).batch().sequence() == 0) {
                return CompletableFuture.failedFuture(new DeviceFailure("out of memory", null));
            }
            if (((StageInput.Ids) input).batch().sequence() == 1) {
                throw Refused.invalid("batch 1", "token id", 70_000, "must be in [0, 4096)");
            }
            return compute(input);
        };
        SinkQueueWithCancel<OutgoingFrame> queue = serve(3, stage, true);
        assertThat(Wire.failure(frames.bundle(List.of(next(queue)))))
                .isEqualTo(new Wire.Failure("out of memory", true));
        assertThat(Wire.failure(frames.bundle(List.of(next(queue)))))
                .isEqualTo(new Wire.Failure("batch 1: token id is 70000: must be in [0, 4096)", false));
        frames.open.addAndGet(-2);
        next(queue).release().run();
        next(queue).release().run();
    }

    @Test
    void whatAStageRefusesForNowMayBeAskedAgain() throws Exception {
        StagePort stage = _ -> {
            throw new Refused(Refused.Reason.TRY_AGAIN, "it has been started anew");
        };
        SinkQueueWithCancel<OutgoingFrame> queue = serve(1, stage, true);
        assertThat(Wire.failure(frames.bundle(List.of(next(queue)))))
                .isEqualTo(new Wire.Failure("it has been started anew", true));
        frames.open.addAndGet(-1);
    }

    @Test
    void whatIsUnsentWhenTheLinkEndsIsFreed() throws Exception {
        SinkQueueWithCancel<OutgoingFrame> queue = serve(1000, this::compute, true);
        OutgoingFrame taken = next(queue);
        queue.cancel();
        taken.release().run();
    }

    @Test
    void anAnswerThatComesAfterTheEndIsFreed() throws Exception {
        CompletableFuture<TeacherSignal> late = new CompletableFuture<>();
        SinkQueueWithCancel<OutgoingFrame> queue = serve(1, _ -> late, true);
        queue.cancel();
        late.complete(
                compute(new StageInput.Collect(List.of())).toCompletableFuture().get());
    }
}
