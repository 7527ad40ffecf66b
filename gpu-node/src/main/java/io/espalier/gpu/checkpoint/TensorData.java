package io.espalier.gpu.checkpoint;

import java.lang.foreign.MemorySegment;

/**
 * A stored tensor: little-endian elements in row-major order.
 *
 * @param bytes a view of the mapped file, valid until that is closed
 */
public record TensorData(String name, TensorType type, long[] shape, MemorySegment bytes) {}
