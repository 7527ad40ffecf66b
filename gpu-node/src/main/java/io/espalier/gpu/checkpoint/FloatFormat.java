package io.espalier.gpu.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Widens stored floats to f32, exactly. */
final class FloatFormat {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private FloatFormat() {}

    /** The tensor's elements as little-endian f32. */
    static MemorySegment toF32(TensorData tensor, Arena arena) {
        return switch (tensor.type()) {
            case F32 -> tensor.bytes();
            case BF16, F16 -> widen(tensor, arena);
            case BOOL, F8_E4M3, F8_E5M2, U8, I8, I16, U16, I32, U32, I64, U64, F64 ->
                throw new IllegalArgumentException(tensor.name() + " is no weight but " + tensor.type());
        };
    }

    private static MemorySegment widen(TensorData tensor, Arena arena) {
        long elements = tensor.bytes().byteSize() / Short.BYTES;
        MemorySegment wide = arena.allocate(elements * Float.BYTES, Float.BYTES);
        for (long i = 0; i < elements; i++) {
            short bits = tensor.bytes().get(SHORT, i * Short.BYTES);
            float value = tensor.type() == TensorType.BF16
                    ? Float.intBitsToFloat(bits << Short.SIZE)
                    : Float.float16ToFloat(bits);
            wide.set(FLOAT, i * Float.BYTES, value);
        }
        return wide;
    }
}
