package io.espalier.gpu.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The memory of a contiguous tensor on the host itself, of any type and size: libtorch's C interface, which all its versions
 * share, says where it lies.
 */
final class TensorMemory {
    private static final String FUNCTION = "aoti_torch_get_data_ptr";
    private static final MethodHandle DATA_POINTER = CShim.loaded()
            .find(FUNCTION, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS)
            .orElseThrow(() -> new IllegalStateException("the loaded libtorch has no " + FUNCTION));

    private TensorMemory() {}

    /**
     * The bytes of a tensor, valid for as long as the tensor.
     *
     * @param type that the tensor is of
     */
    @SuppressWarnings("restricted")
    static MemorySegment of(NDArray tensor, Dtype type) {
        long handle = ((PtNDArray) tensor).getHandle();
        long bytes = Math.multiplyExact(tensor.getShape().size(), type.bytes());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(ValueLayout.ADDRESS);
            int status = (int) DATA_POINTER.invokeExact(handle, pointer);
            if (status != 0) {
                throw new IllegalStateException(FUNCTION + " fails with " + status);
            }
            return pointer.get(ValueLayout.ADDRESS, 0).reinterpret(bytes);
        } catch (RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw CShim.broken(FUNCTION, e);
        }
    }

    /** Overwrites a tensor with exactly its size of bytes, which may lie in pieces. */
    static void fill(NDArray tensor, Dtype type, List<MemorySegment> pieces) {
        MemorySegment memory = of(tensor, type);
        long at = 0;
        for (MemorySegment piece : pieces) {
            MemorySegment.copy(piece, 0, memory, at, piece.byteSize());
            at += piece.byteSize();
        }
        if (at != memory.byteSize()) {
            throw new IllegalArgumentException(at + " bytes for a tensor of " + memory.byteSize());
        }
    }
}
