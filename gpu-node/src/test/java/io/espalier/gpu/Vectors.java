package io.espalier.gpu;

import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.checkpoint.TensorData;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Vectors of golden files as Java arrays. */
public final class Vectors {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Vectors() {}

    public static long[] shape(SafetensorsFile file, String name) {
        return file.tensor(name).shape();
    }

    public static float[] floats(SafetensorsFile file, String name) {
        return bytes(file, name).toArray(F32);
    }

    public static long[] longs(SafetensorsFile file, String name) {
        TensorData data = file.tensor(name);
        return data.type().bytes() == Integer.BYTES
                ? Arrays.stream(data.bytes().toArray(I32)).asLongStream().toArray()
                : data.bytes().toArray(I64);
    }

    public static int[] ints(SafetensorsFile file, String name) {
        return Arrays.stream(longs(file, name)).mapToInt(Math::toIntExact).toArray();
    }

    private static MemorySegment bytes(SafetensorsFile file, String name) {
        return file.tensor(name).bytes();
    }
}
