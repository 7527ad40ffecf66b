package io.espalier.gpu.train;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.Taps.Place;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * One tensor of what a teacher says, as bytes on the host: little-endian elements in row-major order.
 *
 * @param shape [N, C] of a state; see {@link PartName} for the others
 * @param bytes off the heap, in order; valid for as long as what it belongs to
 */
public record SignalPart(PartName name, TensorType type, long[] shape, List<MemorySegment> bytes) {
    public SignalPart {
        bytes = List.copyOf(bytes);
    }

    /** Makes the part that holds the state which went through a place of the model. */
    public static SignalPart state(Place place, TensorType type, long[] shape, List<MemorySegment> bytes) {
        return new SignalPart(new PartName.State(place), type, shape, bytes);
    }

    /** Size in bytes. */
    public long size() {
        return bytes.stream().mapToLong(MemorySegment::byteSize).sum();
    }

    /**
     * Refuses a part that is not what was expected, or whose bytes are not those of its shape.
     *
     * @param where the batch that it came with
     */
    public void require(String where, PartName expected, TensorType expectedType, long... expectedShape) {
        long elements = Arrays.stream(expectedShape).reduce(1, Math::multiplyExact);
        if (!name.equals(expected) || type != expectedType || !Arrays.equals(shape, expectedShape)) {
            throw Refused.invalid(
                    where, "part", text(name, type, shape), "must be " + text(expected, expectedType, expectedShape));
        }
        if (size() != Math.multiplyExact(elements, type.bytes())) {
            throw Refused.invalid(
                    where, text(name, type, shape), size() + " bytes", "must be as long as its shape says");
        }
    }

    private static String text(PartName name, TensorType type, long[] shape) {
        return name + " " + type + " " + Arrays.toString(shape);
    }
}
