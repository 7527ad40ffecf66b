package io.espalier.gpu.checkpoint;

import java.lang.foreign.MemorySegment;

/**
 * A stored tensor: little-endian elements in row-major order.
 *
 * @param bytes a view of the mapped file, valid until that is closed
 */
public record TensorData(String name, TensorType type, long[] shape, MemorySegment bytes) {
    /** Elements from {@code start} on, flattened. */
    public TensorData part(long start, long count) {
        MemorySegment part = bytes.asSlice(start * type.bytes(), count * type.bytes());
        return new TensorData(name, type, new long[] {count}, part);
    }
}
