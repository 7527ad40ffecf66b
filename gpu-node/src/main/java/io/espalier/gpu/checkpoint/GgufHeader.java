package io.espalier.gpu.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Builds the head of a GGUF file, version 3: key-value pairs, then tensor descriptions. Little-endian. */
final class GgufHeader {
    /** Tensor data starts, and each tensor in it, at a multiple of this. */
    static final int ALIGNMENT = 32;

    private static final int MAGIC = 0x46554747;
    private static final int VERSION = 3;
    private static final int UINT32 = 4;
    private static final int INT32 = 5;
    private static final int FLOAT32 = 6;
    private static final int BOOL = 7;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();
    private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    private long pairCount;
    private long tensorCount;
    private long offset;

    void text(String key, String value) {
        key(key, STRING);
        string(pairs, value);
    }

    void number(String key, long value) {
        key(key, UINT32);
        int32(pairs, Math.toIntExact(value));
    }

    void real(String key, double value) {
        key(key, FLOAT32);
        int32(pairs, Float.floatToIntBits((float) value));
    }

    void flag(String key, boolean value) {
        key(key, BOOL);
        pairs.write(value ? 1 : 0);
    }

    void texts(String key, List<String> values) {
        array(key, STRING, values.size());
        values.forEach(value -> string(pairs, value));
    }

    void numbers(String key, List<Integer> values) {
        array(key, INT32, values.size());
        values.forEach(value -> int32(pairs, value));
    }

    void flags(String key, List<Boolean> values) {
        array(key, BOOL, values.size());
        values.forEach(value -> pairs.write(value ? 1 : 0));
    }

    /** Describes the next tensor; dimensions are row-major and are stored the other way round. */
    void tensor(String name, long[] shape, int ggmlType, long bytes) {
        string(tensors, name);
        int32(tensors, shape.length);
        for (int i = shape.length - 1; i >= 0; i--) {
            int64(tensors, shape[i]);
        }
        int32(tensors, ggmlType);
        int64(tensors, offset);
        offset += aligned(bytes);
        tensorCount++;
    }

    /** The head, padded to where the first tensor starts. */
    byte[] toBytes() {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int32(head, MAGIC);
        int32(head, VERSION);
        int64(head, tensorCount);
        int64(head, pairCount);
        head.writeBytes(pairs.toByteArray());
        head.writeBytes(tensors.toByteArray());
        head.writeBytes(new byte[Math.toIntExact(aligned(head.size()) - head.size())]);
        return head.toByteArray();
    }

    static long aligned(long bytes) {
        return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private void key(String key, int type) {
        pairCount++;
        string(pairs, key);
        int32(pairs, type);
    }

    private void array(String key, int elementType, int size) {
        key(key, ARRAY);
        int32(pairs, elementType);
        int64(pairs, size);
    }

    private static void string(ByteArrayOutputStream out, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        int64(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void int32(ByteArrayOutputStream out, int value) {
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    private static void int64(ByteArrayOutputStream out, long value) {
        out.writeBytes(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }
}
