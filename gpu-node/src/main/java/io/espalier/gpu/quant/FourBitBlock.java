package io.espalier.gpu.quant;

import java.nio.ByteBuffer;

/**
 * Q4_K: 256 values in 8 parts, x = d s q - e m, with s and m six bits of each part and q four. d, e, the parts' scales and
 * minima in twelve bytes, then q. Scales and minima are those of least squared error among some candidates.
 */
final class FourBitBlock {
    private static final int VALUES = 256;
    private static final int PART = 32;
    private static final int PARTS = VALUES / PART;
    private static final int SIX_BITS = 63;
    private static final int MOST = 15;
    /** Candidates to each side of the scale that makes the range of a part all steps. */
    private static final int TRIED = 15;

    private static final double STRIDE = 0.1;

    private final double[] scales = new double[PARTS];
    private final double[] minima = new double[PARTS];
    private final int[] stored = new int[PARTS];
    private final int[] storedMinima = new int[PARTS];
    private final int[] q = new int[VALUES];

    void encode(float[] x, int at, ByteBuffer out) {
        double largest = 0;
        double deepest = 0;
        for (int p = 0; p < PARTS; p++) {
            fit(x, at, p);
            largest = Math.max(largest, scales[p]);
            deepest = Math.max(deepest, minima[p]);
        }
        short scale = Float.floatToFloat16((float) (largest / SIX_BITS));
        short minimum = Float.floatToFloat16((float) (deepest / SIX_BITS));
        double d = Float.float16ToFloat(scale);
        double e = Float.float16ToFloat(minimum);
        for (int p = 0; p < PARTS; p++) {
            settle(x, at, p, d, e);
        }
        out.putShort(scale).putShort(minimum);
        putScales(out);
        for (int p = 0; p < PARTS; p += 2) {
            for (int i = p * PART; i < (p + 1) * PART; i++) {
                out.put((byte) (q[i] | q[i + PART] << 4));
            }
        }
    }

    /** Finds scale and minimum of a part, not below 0 either, of least squared error. */
    private void fit(float[] x, int at, int p) {
        double low = 0;
        double high = -Double.MAX_VALUE;
        for (int i = p * PART; i < (p + 1) * PART; i++) {
            low = Math.min(low, x[at + i]);
            high = Math.max(high, x[at + i]);
        }
        scales[p] = 0;
        minima[p] = -low;
        if (high <= low) {
            return;
        }
        double least = Double.MAX_VALUE;
        for (int k = -TRIED; k <= TRIED; k++) {
            double step = (high - low) / (MOST + STRIDE * k);
            double n = PART;
            double sumX = 0;
            double sumQ = 0;
            double sumQQ = 0;
            double sumXQ = 0;
            double sumXX = 0;
            for (int i = p * PART; i < (p + 1) * PART; i++) {
                double value = x[at + i];
                int steps = steps(value, step, -low);
                sumX += value;
                sumQ += steps;
                sumQQ += (double) steps * steps;
                sumXQ += value * steps;
                sumXX += value * value;
            }
            double determinant = n * sumQQ - sumQ * sumQ;
            if (determinant <= 0) {
                continue;
            }
            double scale = (n * sumXQ - sumX * sumQ) / determinant;
            double minimum = (sumQ * sumXQ - sumQQ * sumX) / determinant;
            if (minimum < 0) {
                minimum = 0;
                scale = sumXQ / sumQQ;
            }
            double error = sumXX
                    - 2 * scale * sumXQ
                    + 2 * minimum * sumX
                    + scale * scale * sumQQ
                    - 2 * scale * minimum * sumQ
                    + n * minimum * minimum;
            if (scale > 0 && error < least) {
                least = error;
                scales[p] = scale;
                minima[p] = minimum;
            }
        }
    }

    /** Takes the stored scale and minimum near those found that leave the least squared error, and the steps with them. */
    private void settle(float[] x, int at, int p, double d, double e) {
        int nearScale = d == 0 ? 0 : (int) Math.rint(scales[p] / d);
        int nearMinimum = e == 0 ? 0 : (int) Math.rint(minima[p] / e);
        double least = Double.MAX_VALUE;
        for (int s = Math.max(0, nearScale - 1); s <= Math.min(SIX_BITS, nearScale + 1); s++) {
            for (int m = Math.max(0, nearMinimum - 1); m <= Math.min(SIX_BITS, nearMinimum + 1); m++) {
                double error = 0;
                for (int i = p * PART; i < (p + 1) * PART; i++) {
                    double miss = x[at + i] - (d * s * steps(x[at + i], d * s, e * m) - e * m);
                    error += miss * miss;
                }
                if (error < least) {
                    least = error;
                    stored[p] = s;
                    storedMinima[p] = m;
                }
            }
        }
        for (int i = p * PART; i < (p + 1) * PART; i++) {
            q[i] = steps(x[at + i], d * stored[p], e * storedMinima[p]);
        }
    }

    private int steps(double x, double step, double minimum) {
        return step == 0 ? 0 : (int) Math.max(0, Math.min(MOST, Math.rint((x + minimum) / step)));
    }

    /**
     * Puts the scales of the first four parts, their minima, then four bits of each of the others. The rest of those lies
     * above the first ones.
     */
    private void putScales(ByteBuffer out) {
        byte[] packed = new byte[12];
        for (int p = 0; p < 4; p++) {
            packed[p] = (byte) (stored[p] | (stored[p + 4] >> 4 << 6));
            packed[p + 4] = (byte) (storedMinima[p] | (storedMinima[p + 4] >> 4 << 6));
            packed[p + 8] = (byte) ((stored[p + 4] & 15) | ((storedMinima[p + 4] & 15) << 4));
        }
        out.put(packed);
    }
}
