package io.espalier.gpu.prune;

import io.espalier.gpu.checkpoint.TensorData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The rows and columns of one stored tensor that stay. A pure function from bytes to bytes, whatever the element type;
 * null keeps all.
 *
 * @param rows kept indices of the first dimension
 * @param columns kept indices of the second
 */
record Slice(List<Integer> rows, List<Integer> columns) {
    /** The kept elements in order, in memory of the arena or, where nothing is cut, the original bytes. */
    MemorySegment apply(TensorData tensor, Arena arena) {
        if (rows == null && columns == null) {
            return tensor.bytes();
        }
        long[] shape = tensor.shape();
        long width = shape.length == 1 ? 1 : shape[1];
        int element = tensor.type().bytes();
        int keptRows = rows == null ? Math.toIntExact(shape[0]) : rows.size();
        int keptColumns = columns == null ? Math.toIntExact(width) : columns.size();
        long rowBytes = (long) keptColumns * element;
        MemorySegment out = arena.allocate(Math.max(1, keptRows * rowBytes), element);
        for (int r = 0; r < keptRows; r++) {
            long from = (rows == null ? r : rows.get(r)) * width * element;
            long to = r * rowBytes;
            if (columns == null) {
                MemorySegment.copy(tensor.bytes(), from, out, to, rowBytes);
            } else {
                gather(tensor.bytes(), from, out, to, element);
            }
        }
        return out.asSlice(0, keptRows * rowBytes);
    }

    /** Copies runs of neighbouring columns at once. */
    private void gather(MemorySegment from, long rowStart, MemorySegment to, long at, int element) {
        int i = 0;
        while (i < columns.size()) {
            int first = columns.get(i);
            int run = 1;
            while (i + run < columns.size() && columns.get(i + run) == first + run) {
                run++;
            }
            MemorySegment.copy(
                    from, rowStart + (long) first * element, to, at + (long) i * element, (long) run * element);
            i += run;
        }
    }
}
