package io.espalier.gpu.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.checkpoint.Sha256;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/**
 * Blocks are judged by llama.cpp's own quantiser (ggml_quantize_chunk) on the same 4,096 values, 32 of them zeros: the
 * hashes are those of its bytes, the errors those of its blocks. Blocks are read here by the formats' own formulas.
 */
class BlockFormatTest {
    private static final float[] VALUES = values();

    /** Makes the values that Python made for llama.cpp: each operation is one of doubles, and the last narrows to f32. */
    private static float[] values() {
        float[] values = new float[8 * 512];
        long state = 1;
        for (int i = 0; i < values.length; i++) {
            state = (state * 1103515245 + 12345) & 0x7fffffff;
            double u = state / 2147483648.0 - 0.5;
            values[i] = (float) (u * u * u * 0.8 + u * 0.02);
        }
        for (int i = 512; i < 544; i++) {
            values[i] = 0;
        }
        return values;
    }

    private static ByteBuffer encoded(BlockFormat format, float[] values) {
        byte[] bytes = new byte[Math.toIntExact(format.bytes(values.length))];
        format.encode(values, bytes, 0);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static double half(ByteBuffer bytes) {
        return Float.float16ToFloat(bytes.getShort());
    }

    private static double error(float[] values, double[] read) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += (values[i] - read[i]) * (values[i] - read[i]);
        }
        return Math.sqrt(sum / values.length);
    }

    @Test
    void simpleBlocksAreLlamaCppsBytes() {
        assertThat(Sha256.of(encoded(BlockFormat.Q8_0, VALUES).array()))
                .isEqualTo("96222b0389e383314e4dd45242cb33986e845fbd20e63118caf07220fe24dc22");
        assertThat(Sha256.of(encoded(BlockFormat.Q5_0, VALUES).array()))
                .isEqualTo("ac52f12e2ceac5b0dccc53baa6e34ef954ee015056ede5c73b03953c211cd974");
    }

    /** x = d s q - e m. */
    private static double[] fourBits(ByteBuffer in, int count) {
        double[] read = new double[count];
        for (int at = 0; at < count; at += 256) {
            double d = half(in);
            double e = half(in);
            int[] packed = new int[12];
            for (int i = 0; i < 12; i++) {
                packed[i] = in.get() & 0xff;
            }
            for (int p = 0; p < 8; p++) {
                int s = p < 4 ? packed[p] & 63 : (packed[p + 4] & 15) | (packed[p - 4] >> 6 << 4);
                int m = p < 4 ? packed[p + 4] & 63 : packed[p + 4] >> 4 | packed[p] >> 6 << 4;
                for (int i = 0; i < 32; i++) {
                    int both = in.get(in.position() + p / 2 * 32 + i) & 0xff;
                    read[at + p * 32 + i] = d * s * (p % 2 == 0 ? both & 15 : both >> 4) - e * m;
                }
            }
            in.position(in.position() + 128);
        }
        return read;
    }

    /** x = d s (q - 32). */
    private static double[] sixBits(ByteBuffer in, int count) {
        double[] read = new double[count];
        for (int at = 0; at < count; at += 256) {
            int from = in.position();
            double d = Float.float16ToFloat(in.getShort(from + 208));
            for (int i = 0; i < 256; i++) {
                int half = i / 128;
                int in128 = i % 128;
                int low = in.get(from + half * 64 + in128 % 64) & 0xff;
                int high = in.get(from + 128 + half * 32 + in128 % 32) & 0xff;
                int q = (in128 < 64 ? low & 15 : low >> 4) | (((high >> (2 * (in128 / 32))) & 3) << 4);
                read[at + i] = d * in.get(from + 192 + i / 16) * (q - 32);
            }
            in.position(from + 210);
        }
        return read;
    }

    @Test
    void superBlocksErrNoMoreThanLlamaCpps() {
        assertThat(error(VALUES, fourBits(encoded(BlockFormat.Q4_K, VALUES), VALUES.length)))
                .isPositive()
                .isLessThan(0.003137853060857503);
        assertThat(error(VALUES, sixBits(encoded(BlockFormat.Q6_K, VALUES), VALUES.length)))
                .isPositive()
                .isLessThan(0.000798083806872874);
    }

    @Test
    void whatTheStepsCanSayIsSaidWholly() {
        float[] steps = new float[256];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = (i * 7 % 16 - 8) / 64f;
        }
        assertThat(error(steps, fourBits(encoded(BlockFormat.Q4_K, steps), 256)))
                .isLessThan(1e-4);
        assertThat(error(steps, sixBits(encoded(BlockFormat.Q6_K, steps), 256))).isLessThan(1e-4);
    }

    @Test
    void zerosStayZerosAndOneSignIsNoFault() {
        float[] zeros = new float[256];
        float[] positive = new float[256];
        for (int i = 0; i < positive.length; i++) {
            positive[i] = 1 + i / 256f;
        }
        assertThat(fourBits(encoded(BlockFormat.Q4_K, zeros), 256)).containsOnly(0);
        assertThat(sixBits(encoded(BlockFormat.Q6_K, zeros), 256)).containsOnly(0);
        assertThat(error(positive, fourBits(encoded(BlockFormat.Q4_K, positive), 256)))
                .isLessThan(0.06);
        assertThat(error(positive, sixBits(encoded(BlockFormat.Q6_K, positive), 256)))
                .isLessThan(0.03);
    }

    @Test
    void delicateMatricesTakeMoreBitsAndRowsThatAreNoBlocksTakeOthers() {
        assertThat(format("output.weight", 256, -1, true)).isEqualTo(BlockFormat.Q6_K);
        assertThat(format("token_embd.weight", 256, -1, false)).isEqualTo(BlockFormat.Q4_K);
        assertThat(format("blk.0.attn_v.weight", 256, 0, false)).isEqualTo(BlockFormat.Q6_K);
        assertThat(format("blk.1.attn_v.weight", 256, 1, false)).isEqualTo(BlockFormat.Q4_K);
        assertThat(format("blk.3.attn_qkv.weight", 256, 3, false)).isEqualTo(BlockFormat.Q6_K);
        assertThat(format("blk.7.ffn_down.weight", 768, 7, false)).isEqualTo(BlockFormat.Q6_K);
        assertThat(format("blk.7.ffn_down.weight", 288, 7, false)).isEqualTo(BlockFormat.Q8_0);
        assertThat(format("blk.7.ffn_up.weight", 96, 7, false)).isEqualTo(BlockFormat.Q5_0);
        assertThat(format("blk.7.ffn_up.weight", 80, 7, false)).isNull();
        assertThat(Mixture.covers("blk.0.ffn_gate_inp.weight")).isFalse();
        assertThat(Mixture.covers("blk.0.ffn_gate.weight")).isTrue();
    }

    private static BlockFormat format(String name, long columns, int layer, boolean head) {
        return Mixture.Q4_K_M.format(name, columns, layer, 8, head);
    }
}
