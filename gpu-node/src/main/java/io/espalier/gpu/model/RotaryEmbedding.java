package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;

/** Tables of the rotary position embedding, half-split form: column j and j + dims/2 turn by the same angle. */
final class RotaryEmbedding {
    /** cos and sin, [S, dims], f32; the first half of sin is negated. */
    record Tables(NDArray cos, NDArray sin) {}

    private final float[] inverseFrequencies;
    private final double magnitude;

    RotaryEmbedding(Rope rope) {
        double[] exact = rope.inverseFrequencies();
        inverseFrequencies = new float[exact.length];
        for (int i = 0; i < exact.length; i++) {
            inverseFrequencies[i] = (float) exact[i];
        }
        magnitude = rope.scaling().magnitude();
    }

    /** The tables of positions [first, first + count), owned by the scope. */
    Tables tables(Scope scope, int first, int count) {
        int half = inverseFrequencies.length;
        float[] cos = new float[count * 2 * half];
        float[] sin = new float[count * 2 * half];
        for (int p = 0; p < count; p++) {
            for (int i = 0; i < half; i++) {
                // The angle is a product of floats, as in the reference: at long positions its rounding is visible.
                double angle = (float) (first + p) * inverseFrequencies[i];
                int at = p * 2 * half + i;
                cos[at] = cos[at + half] = (float) (Math.cos(angle) * magnitude);
                sin[at + half] = (float) (Math.sin(angle) * magnitude);
                sin[at] = -sin[at + half];
            }
        }
        return new Tables(scope.floats(cos, count, 2L * half), scope.floats(sin, count, 2L * half));
    }
}
