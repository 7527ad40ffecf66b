package io.espalier.gpu.train;

import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.Taps.Place;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One tensor of what a teacher says, as bytes on the host: little-endian elements in row-major order.
 *
 * @param place where in the teacher it was taken: the final norm for the final hidden states
 * @param shape [N, C]
 * @param bytes off the heap, in order; valid for as long as what it belongs to
 */
public record SignalPart(Place place, TensorType type, long[] shape, List<MemorySegment> bytes) {
    public SignalPart {
        bytes = List.copyOf(bytes);
    }
}
