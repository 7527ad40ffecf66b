package io.espalier.gpu.quant;

import java.nio.ByteBuffer;

/** Blocks of 32 values under one scale, rounded as ggml's reference rounds them: the bytes are the same. */
final class SimpleBlocks {
    private static final int VALUES = 32;
    private static final int HALF = VALUES / 2;

    private SimpleBlocks() {}

    /** Scale, then 32 signed bytes: x = d q. */
    static void eightBits(float[] x, int at, ByteBuffer out) {
        float largest = 0;
        for (int i = 0; i < VALUES; i++) {
            largest = Math.max(largest, Math.abs(x[at + i]));
        }
        float scale = largest / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        out.putShort(Float.floatToFloat16(scale));
        for (int i = 0; i < VALUES; i++) {
            out.put((byte) awayFromZero(x[at + i] * inverse));
        }
    }

    /** Rounds to the nearest whole number, halves away from zero. */
    private static int awayFromZero(float value) {
        float size = Math.abs(value);
        int whole = (int) size;
        int rounded = size - whole >= 0.5f ? whole + 1 : whole;
        return value < 0 ? -rounded : rounded;
    }

    /**
     * Scale, fifth bits as one number, then the others, of value i and value i + 16 in one byte: x = d (q - 16); the value of
     * largest size is at q = 0.
     */
    static void fiveBits(float[] x, int at, ByteBuffer out) {
        float extreme = 0;
        for (int i = 0; i < VALUES; i++) {
            if (Math.abs(x[at + i]) > Math.abs(extreme)) {
                extreme = x[at + i];
            }
        }
        float scale = extreme / -16;
        float inverse = scale == 0 ? 0 : 1 / scale;
        int[] q = new int[VALUES];
        for (int i = 0; i < VALUES; i++) {
            q[i] = Math.min(31, (int) (x[at + i] * inverse + 16.5f));
        }
        int high = 0;
        for (int i = 0; i < VALUES; i++) {
            high |= (q[i] >> 4 & 1) << i;
        }
        out.putShort(Float.floatToFloat16(scale)).putInt(high);
        for (int i = 0; i < HALF; i++) {
            out.put((byte) ((q[i] & 15) | ((q[i + HALF] & 15) << 4)));
        }
    }
}
