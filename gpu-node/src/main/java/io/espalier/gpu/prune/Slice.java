package io.espalier.gpu.prune;

import io.espalier.gpu.checkpoint.TensorData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * The rows and columns of one stored tensor that stay. A pure function from bytes to bytes, whatever the element type;
 * null keeps all. Memory is that of one piece, not of the tensor.
 *
 * @param rows kept indices of the first dimension
 * @param columns kept indices of the second
 */
record Slice(int[] rows, int[] columns) {
    private static final long PIECE_BYTES = 4 << 20;
    // Byte order does not matter to elements that are moved whole.
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    /** @param kept indices of each dimension, at most two of which are cut; null keeps all */
    static Slice of(List<List<Integer>> kept) {
        return new Slice(ints(kept.getFirst()), kept.size() > 1 ? ints(kept.get(1)) : null);
    }

    private static int[] ints(List<Integer> indices) {
        return indices == null
                ? null
                : indices.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Hands out the kept elements in order; a piece is valid only during the call. */
    void pieces(TensorData tensor, Consumer<MemorySegment> consumer) {
        if (rows == null && columns == null) {
            consumer.accept(tensor.bytes());
            return;
        }
        long[] shape = tensor.shape();
        int width = Math.toIntExact(Arrays.stream(shape).skip(1).reduce(1, Math::multiplyExact));
        int keptRows = rows == null ? Math.toIntExact(shape[0]) : rows.length;
        int element = tensor.type().bytes();
        long rowBytes = (long) (columns == null ? width : columns.length) * element;
        int rowsPerPiece = (int) Math.min(keptRows, Math.max(1, PIECE_BYTES / Math.max(1, rowBytes)));
        Gather gather = new Gather(width, element);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(Math.max(1, rowsPerPiece * rowBytes), Long.BYTES);
            for (int first = 0; first < keptRows; first += rowsPerPiece) {
                int count = Math.min(rowsPerPiece, keptRows - first);
                for (int i = 0; i < count; i++) {
                    long from = (long) (rows == null ? first + i : rows[first + i]) * width * element;
                    gather.row(tensor.bytes(), from, piece, i * rowBytes);
                }
                consumer.accept(piece.asSlice(0, count * rowBytes));
            }
        }
    }

    /** Copies the kept columns of a row; single elements pass through arrays, where indexing is cheap. */
    private final class Gather {
        private final int width;
        private final int element;
        private final short[] shorts;
        private final int[] words;

        Gather(int width, int element) {
            this.width = width;
            this.element = element;
            this.shorts = new short[element == Short.BYTES ? width : 0];
            this.words = new int[element == Integer.BYTES ? width : 0];
        }

        void row(MemorySegment source, long from, MemorySegment target, long to) {
            if (columns == null) {
                MemorySegment.copy(source, from, target, to, (long) width * element);
            } else if (element == Short.BYTES) {
                MemorySegment.copy(source, SHORT, from, shorts, 0, width);
                for (int i = 0; i < columns.length; i++) {
                    target.set(SHORT, to + (long) i * Short.BYTES, shorts[columns[i]]);
                }
            } else if (element == Integer.BYTES) {
                MemorySegment.copy(source, INT, from, words, 0, width);
                for (int i = 0; i < columns.length; i++) {
                    target.set(INT, to + (long) i * Integer.BYTES, words[columns[i]]);
                }
            } else {
                throw new IllegalArgumentException("no weight has elements of " + element + " bytes");
            }
        }
    }
}
