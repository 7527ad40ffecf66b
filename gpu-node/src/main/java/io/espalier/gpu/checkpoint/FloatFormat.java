package io.espalier.gpu.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Stored floats as numbers: widened to f32 exactly, narrowed to the nearest, ties to even. */
public final class FloatFormat {
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

    /** A weight's elements. */
    public static float[] floats(TensorData tensor) {
        try (Arena arena = Arena.ofConfined()) {
            return toF32(tensor, arena).toArray(FLOAT);
        }
    }

    /** The values as elements of a weight's type, on the heap. */
    public static MemorySegment store(float[] values, TensorType type) {
        MemorySegment stored = MemorySegment.ofArray(new byte[values.length * type.bytes()]);
        for (int i = 0; i < values.length; i++) {
            switch (type) {
                case F32 -> stored.set(FLOAT, (long) i * Float.BYTES, values[i]);
                case F16 -> stored.set(SHORT, (long) i * Short.BYTES, Float.floatToFloat16(values[i]));
                case BF16 -> stored.set(SHORT, (long) i * Short.BYTES, toBfloat16(values[i]));
                case BOOL, F8_E4M3, F8_E5M2, U8, I8, I16, U16, I32, U32, I64, U64, F64 ->
                    throw new IllegalArgumentException(type + " is no weight");
            }
        }
        return stored;
    }

    private static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int half = 0x7fff + ((bits >>> Short.SIZE) & 1);
        return (short) ((Float.isNaN(value) ? bits | (1 << 22) : bits + half) >>> Short.SIZE);
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
