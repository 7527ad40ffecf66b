package io.espalier.gpu.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.checkpoint.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A tensor's memory is read and written where it lies, whatever its type and however large it is. */
@Timeout(60)
class TensorMemoryTest {
    private static final short BF16_OF_42 = 0x4228;

    @Test
    void whatIsWrittenIsWhatTheTensorHolds() {
        try (Torch torch = Torch.open("cpu", Dtype.F32, 1);
                NDManager manager = torch.longLived()) {
            NDArray floats = torch.zeros(manager, new long[] {2, 3}, Dtype.F32);
            MemorySegment memory = torch.hostBytes(manager, floats, Dtype.F32);
            assertThat(memory.byteSize()).isEqualTo(24);
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, 5, 42);
            assertThat(floats.toFloatArray()).containsExactly(0, 0, 0, 0, 0, 42);
            NDArray halves = torch.zeros(manager, new long[] {4}, Dtype.BF16);
            torch.hostBytes(manager, halves, Dtype.BF16).setAtIndex(ValueLayout.JAVA_SHORT, 2, BF16_OF_42);
            NDArray wide = torch.kernels().run(manager, "to", halves, Dtype.F32).head();
            assertThat(wide.toFloatArray()).containsExactly(0, 0, 42, 0);
        }
    }

    @Test
    void anotherTypeOrLayoutIsACopyInOrder() {
        try (Torch torch = Torch.open("cpu", Dtype.F32, 1);
                Scope scope = torch.inference()) {
            NDArray turned = scope.headsFirst(scope.floats(new float[] {1, 2, 3, 4}, 1, 2, 2, 1));
            MemorySegment memory = torch.hostBytes(scope.manager(), turned, Dtype.F64);
            assertThat(memory.toArray(ValueLayout.JAVA_DOUBLE)).containsExactly(1, 3, 2, 4);
        }
    }

    @Test
    void moreThanABufferOfJavaHoldsIsOnePiece() {
        long elements = (1L << 30) + 5;
        try (Torch torch = Torch.open("cpu", Dtype.F32, 1);
                NDManager manager = torch.longLived()) {
            // Pages that nobody touches take no memory.
            NDArray large = torch.empty(manager, new long[] {elements}, Dtype.BF16);
            MemorySegment memory = torch.hostBytes(manager, large, Dtype.BF16);
            assertThat(memory.byteSize()).isEqualTo(2 * elements);
            memory.setAtIndex(ValueLayout.JAVA_SHORT, elements - 1, BF16_OF_42);
            NDArray last = torch.part(manager, large, elements - 1, 1);
            assertThat(torch.kernels()
                            .run(manager, "to", last, Dtype.F32)
                            .head()
                            .toFloatArray())
                    .containsExactly(42);
        }
    }

    @Test
    void bytesInPiecesFillExactlyOneTensor() {
        try (Torch torch = Torch.open("cpu", Dtype.F32, 1);
                NDManager manager = torch.longLived();
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3);
            List<MemorySegment> cut = List.of(bytes.asSlice(0, 5), bytes.asSlice(5, 0), bytes.asSlice(5));
            long[] shape = {3};
            assertThat(torch.load(manager, TensorType.F32, shape, cut, Dtype.F32)
                            .toFloatArray())
                    .containsExactly(1, 2, 3);
            for (List<MemorySegment> wrong : List.of(List.of(bytes.asSlice(4)), List.of(bytes, bytes.asSlice(8)))) {
                assertThatThrownBy(() -> torch.load(manager, TensorType.F32, shape, wrong, Dtype.F32))
                        .isInstanceOfAny(IllegalArgumentException.class, IndexOutOfBoundsException.class);
            }
        }
    }

    @Test
    void aTensorWithoutElementsHasNoBytes() {
        try (Torch torch = Torch.open("cpu", Dtype.F32, 1);
                NDManager manager = torch.longLived()) {
            NDArray none = torch.empty(manager, new long[] {0, 7}, Dtype.F32);
            assertThat(torch.hostBytes(manager, none, Dtype.F32).byteSize()).isZero();
        }
    }
}
