package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.train.SignalPart;
import io.espalier.streams.transport.FrameHeader.Kind;
import io.espalier.streams.transport.Wire.Envelope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Questions and answers arrive as they were, and frames that are sent are released once. */
@Timeout(20)
class WireTest {
    private final Frames frames = new Frames();

    private static Envelope envelope(Kind kind, TokenBatch batch) {
        return new Envelope(kind, 1, 2, 3, batch.sequence(), 4, Wire.hash(batch));
    }

    private static TokenBatch batch(boolean[] mask) {
        return new TokenBatch(9, 2, 3, new int[] {1, 2, 3, 4, 70_000, 6, 7, 8}, mask, List.of());
    }

    @Test
    void aBatchArrivesWithItsMask() {
        boolean[] mask = {true, false, true, true, true, false};
        for (boolean[] counted : new boolean[][] {null, mask}) {
            TokenBatch sent = batch(counted);
            try (Bundle bundle = frames.bundle(Wire.request(envelope(Kind.REQUEST, sent), sent))) {
                TokenBatch arrived = Wire.batch(bundle);
                assertThat(arrived.sha256()).isEqualTo(sent.sha256());
                assertThat(arrived.lossMask()).isEqualTo(counted);
                assertThat(arrived.sequence()).isEqualTo(9);
                assertThat(arrived.seqLength()).isEqualTo(3);
                assertThat(bundle.header().hash()).isEqualTo(Wire.hash(sent));
            }
        }
        assertThat(frames.open).hasValue(0);
    }

    @Test
    void aBatchArrivesWithItsDocuments() {
        boolean[] mask = {true, false, true, true, true, false};
        for (boolean[] counted : new boolean[][] {null, mask}) {
            TokenBatch whole = batch(counted);
            TokenBatch sent = new TokenBatch(9, 2, 3, whole.ids(), counted, new int[] {2, 4, 5}, List.of(), null);
            try (Bundle bundle = frames.bundle(Wire.request(envelope(Kind.REQUEST, sent), sent))) {
                TokenBatch arrived = Wire.batch(bundle);
                assertThat(arrived.begins()).containsExactly(2, 4, 5);
                assertThat(arrived.lossMask()).isEqualTo(counted);
                assertThat(arrived.sha256()).isEqualTo(sent.sha256()).isNotEqualTo(whole.sha256());
            }
        }
    }

    @Test
    void tensorsKeepPlaceTypeShapeAndBytesAndAreReleasedTogether() {
        MemorySegment memory = Arena.ofAuto().allocate(8);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, 0x0102030405060708L);
        List<SignalPart> parts = List.of(
                SignalPart.state(
                        new Place(Site.FINAL_NORM, 5),
                        TensorType.BF16,
                        new long[] {2, 2},
                        List.of(memory.asSlice(0, 4), memory.asSlice(4))),
                SignalPart.state(new Place(Site.LAYER_OUTPUT, 3), TensorType.F32, new long[] {1, 2}, List.of(memory)));
        AtomicInteger released = new AtomicInteger();
        List<OutgoingFrame> sent = Wire.tensors(envelope(Kind.SIGNAL, batch(null)), parts, released::incrementAndGet);
        Frame first = frames.arrived(sent.getFirst());
        assertThat(released).hasValue(0);
        Frame second = frames.arrived(sent.getLast());
        assertThat(released).hasValue(1);
        List<SignalPart> arrived = Wire.parts(new Bundle(List.of(first, second)));
        for (int i = 0; i < parts.size(); i++) {
            assertThat(arrived.get(i).name()).isEqualTo(parts.get(i).name());
            assertThat(arrived.get(i).type()).isEqualTo(parts.get(i).type());
            assertThat(arrived.get(i).shape()).isEqualTo(parts.get(i).shape());
            assertThat(arrived.get(i).bytes().getFirst().mismatch(memory)).isEqualTo(-1);
        }
    }

    @Test
    void aFailureKeepsItsWordsAndWhetherToTryAgain() {
        Envelope envelope = envelope(Kind.FAILURE, batch(null));
        for (boolean retry : new boolean[] {true, false}) {
            Wire.Failure failure = new Wire.Failure("out of memory: größer", retry);
            try (Bundle bundle = frames.bundle(Wire.failure(envelope, failure))) {
                assertThat(Wire.failure(bundle)).isEqualTo(failure);
            }
        }
    }

    @Test
    void askingForSumsCarriesNoTensor() {
        try (Bundle bundle = frames.bundle(Wire.collect(1, 2, 3, 4))) {
            assertThat(Wire.parts(bundle)).isEmpty();
        }
    }

    @Test
    void whatIsNoBatchIsRefused() {
        try (Bundle bundle =
                frames.bundle(Wire.failure(envelope(Kind.REQUEST, batch(null)), new Wire.Failure("no ids", true)))) {
            assertThatThrownBy(() -> Wire.batch(bundle))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("frame of batch 9: a request is ids [rows, seq_length + 1], a mask and where documents"
                            + " begin");
        }
    }
}
