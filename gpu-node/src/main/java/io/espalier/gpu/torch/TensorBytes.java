package io.espalier.gpu.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * Bytes in and out of a tensor's own memory on the host, without a copy on the heap. In pieces, because a ByteBuffer
 * holds less than 2 GiB.
 */
final class TensorBytes {
    private static final long PIECE_ELEMENTS = 64L << 20;

    private TensorBytes() {}

    /** Overwrites a contiguous host tensor with exactly its size of bytes. */
    static void fill(Kernels kernels, NDManager temporary, NDArray tensor, MemorySegment bytes) {
        each(kernels, temporary, tensor, (piece, offset) -> {
            MemorySegment.copy(bytes, offset, piece, 0, piece.byteSize());
        });
    }

    /** Hands out a contiguous host tensor's memory, piece by piece in order. */
    static void drain(Kernels kernels, NDManager temporary, NDArray tensor, Consumer<MemorySegment> consumer) {
        each(kernels, temporary, tensor, (piece, offset) -> consumer.accept(piece));
    }

    private interface Piece {
        void at(MemorySegment memory, long offset);
    }

    private static void each(Kernels kernels, NDManager temporary, NDArray tensor, Piece action) {
        long elements = tensor.getShape().size();
        long offset = 0;
        for (long start = 0; start < elements; start += PIECE_ELEMENTS) {
            long count = Math.min(PIECE_ELEMENTS, elements - start);
            try (NDArray piece =
                    kernels.run(temporary, "pieces", tensor, start, count).head()) {
                ByteBuffer view = JniUtils.getByteBuffer((PtNDArray) piece, true);
                MemorySegment memory = MemorySegment.ofBuffer(view);
                action.at(memory, offset);
                offset += memory.byteSize();
            }
        }
    }
}
