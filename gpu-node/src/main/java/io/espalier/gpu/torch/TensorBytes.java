package io.espalier.gpu.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Bytes in and out of a tensor's own memory on the host, without a copy on the heap. In pieces, because a ByteBuffer
 * holds less than 2 GiB.
 */
final class TensorBytes {
    private static final long PIECE_ELEMENTS = 64L << 20;

    private TensorBytes() {}

    /** Overwrites a contiguous host tensor with exactly its size of bytes, which may lie in pieces. */
    static void fill(Kernels kernels, NDManager temporary, NDArray tensor, List<MemorySegment> bytes) {
        Iterator<MemorySegment> left = bytes.iterator();
        MemorySegment[] source = {left.next()};
        each(kernels, temporary, tensor, piece -> {
            for (long at = 0; at < piece.byteSize(); ) {
                while (source[0].byteSize() == 0) {
                    source[0] = left.next();
                }
                long count = Math.min(source[0].byteSize(), piece.byteSize() - at);
                MemorySegment.copy(source[0], 0, piece, at, count);
                source[0] = source[0].asSlice(count);
                at += count;
            }
        });
    }

    /** Hands out a contiguous host tensor's memory, piece by piece in order. */
    static void drain(Kernels kernels, NDManager temporary, NDArray tensor, Consumer<MemorySegment> consumer) {
        each(kernels, temporary, tensor, consumer);
    }

    private static void each(Kernels kernels, NDManager temporary, NDArray tensor, Consumer<MemorySegment> action) {
        long elements = tensor.getShape().size();
        for (long start = 0; start < elements; start += PIECE_ELEMENTS) {
            long count = Math.min(PIECE_ELEMENTS, elements - start);
            try (NDArray piece =
                    kernels.run(temporary, "pieces", tensor, start, count).head()) {
                ByteBuffer view = JniUtils.getByteBuffer((PtNDArray) piece, true);
                action.accept(MemorySegment.ofBuffer(view));
            }
        }
    }
}
