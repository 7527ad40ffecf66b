package io.espalier.gpu.quant;

import java.nio.ByteBuffer;

/**
 * Q6_K: 256 values in 16 parts, x = d s (q - 32), with s a signed byte of each part and q six bits. Low bits, high bits,
 * part scales, then d. Scales are those of least squared error among some candidates.
 */
final class SixBitBlock {
    private static final int VALUES = 256;
    private static final int PART = 16;
    private static final int PARTS = VALUES / PART;
    private static final int ZERO = 32;
    /** Candidates to each side of the scale that makes the extreme value the last step. */
    private static final int TRIED = 12;

    private static final double STRIDE = 0.1;

    private SixBitBlock() {}

    static void encode(float[] x, int at, ByteBuffer out) {
        double[] wished = new double[PARTS];
        double extreme = 0;
        for (int p = 0; p < PARTS; p++) {
            wished[p] = scale(x, at + p * PART);
            if (Math.abs(wished[p]) > Math.abs(extreme)) {
                extreme = wished[p];
            }
        }
        short stored = Float.floatToFloat16((float) (extreme / -128));
        double step = Float.float16ToFloat(stored);
        byte[] scales = new byte[PARTS];
        int[] q = new int[VALUES];
        for (int p = 0; p < PARTS; p++) {
            scales[p] = (byte) best(x, at + p * PART, wished[p], step);
            for (int i = p * PART; i < (p + 1) * PART; i++) {
                q[i] = ZERO + quantised(x[at + i], step * scales[p]);
            }
        }
        put(q, out);
        out.put(scales).putShort(stored);
    }

    /** The scale of least squared error. */
    private static double scale(float[] x, int at) {
        double extreme = 0;
        for (int i = at; i < at + PART; i++) {
            extreme = Math.abs(x[i]) > Math.abs(extreme) ? x[i] : extreme;
        }
        double best = 0;
        double gain = 0;
        for (int k = -TRIED; k <= TRIED; k++) {
            double candidate = -extreme / (ZERO + STRIDE * k);
            double xq = 0;
            double qq = 0;
            for (int i = at; i < at + PART; i++) {
                int q = quantised(x[i], candidate);
                xq += (double) x[i] * q;
                qq += (double) q * q;
            }
            // The squared error with the best scale for these steps is that of x less this.
            if (qq > 0 && xq * xq / qq > gain) {
                gain = xq * xq / qq;
                best = xq / qq;
            }
        }
        return best;
    }

    /** The stored scale of a part, near the one that is wished for, of least squared error. */
    private static int best(float[] x, int at, double wished, double step) {
        int near = step == 0 ? 0 : (int) Math.rint(wished / step);
        int best = 0;
        double least = Double.MAX_VALUE;
        for (int s = Math.max(-128, near - 1); s <= Math.min(127, near + 1); s++) {
            double error = 0;
            for (int i = at; i < at + PART; i++) {
                double miss = x[i] - step * s * quantised(x[i], step * s);
                error += miss * miss;
            }
            if (error < least) {
                least = error;
                best = s;
            }
        }
        return best;
    }

    private static int quantised(float x, double scale) {
        return scale == 0 ? 0 : (int) Math.max(-ZERO, Math.min(ZERO - 1, Math.rint(x / scale)));
    }

    /**
     * Puts the low bits of each half, values i and i + 64 in one byte, then the high bits of each half, values i, i + 32,
     * i + 64 and i + 96 in one byte.
     */
    private static void put(int[] q, ByteBuffer out) {
        byte[] high = new byte[VALUES / 4];
        for (int half = 0; half < VALUES; half += VALUES / 2) {
            for (int i = half; i < half + 64; i++) {
                out.put((byte) ((q[i] & 15) | ((q[i + 64] & 15) << 4)));
            }
            for (int i = 0; i < 32; i++) {
                int v = half + i;
                high[half / 4 + i] =
                        (byte) (q[v] >> 4 | q[v + 32] >> 4 << 2 | q[v + 64] >> 4 << 4 | q[v + 96] >> 4 << 6);
            }
        }
        out.put(high);
    }
}
