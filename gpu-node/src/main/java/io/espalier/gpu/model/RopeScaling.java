package io.espalier.gpu.model;

/** A way to stretch rotary frequencies for long contexts, as {@code modeling_rope_utils} of transformers does it. */
public sealed interface RopeScaling {
    /** Frequencies as they are. */
    record None() implements RopeScaling {}

    /** All frequencies are divided by {@code factor}. */
    record Linear(double factor) implements RopeScaling {}

    /**
     * Llama 3.1: low frequencies divided by {@code factor}, high ones kept, a linear blend between. Source: the
     * {@code rope_type} "llama3" of Hugging Face transformers.
     *
     * @param originalMaxPositionEmbeddings context of the original training, positions
     */
    record Llama3(
            double factor, double lowFrequencyFactor, double highFrequencyFactor, double originalMaxPositionEmbeddings)
            implements RopeScaling {}

    /**
     * YaRN (Peng et al., 2023): frequencies that turn fewer than {@code betaSlow} times over the original context are
     * divided by {@code factor}, those that turn more than {@code betaFast} times are kept, a linear ramp between.
     *
     * @param original context of the original training, positions
     * @param truncate whether the ends of the ramp are whole numbers
     * @param attentionFactor what cosines and sines are multiplied by
     */
    record Yarn(
            double factor, double original, double betaFast, double betaSlow, boolean truncate, double attentionFactor)
            implements RopeScaling {
        /** 0.1 · mscale · ln(factor) + 1, and 1 where nothing is stretched. */
        static double magnitude(double factor, double mscale) {
            return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
        }

        /** Whether the attention factor is that of YaRN's paper. */
        public boolean usual() {
            return Math.abs(attentionFactor - magnitude(factor, 1)) < 1e-6;
        }

        /** The channel pair that turns so often over the original context. */
        private double pair(double rotations, double theta, int dims) {
            return dims * Math.log(original / (rotations * 2 * Math.PI)) / (2 * Math.log(theta));
        }

        private double kept(int i, double theta, int dims) {
            double low = pair(betaFast, theta, dims);
            double high = pair(betaSlow, theta, dims);
            double from = Math.max(truncate ? Math.floor(low) : low, 0);
            double to = Math.min(truncate ? Math.ceil(high) : high, dims - 1);
            double ramp = (i - from) / (from == to ? 0.001 : to - from);
            return 1 - Math.clamp(ramp, 0.0, 1.0);
        }
    }

    /** The factor of cosines and sines. */
    default double magnitude() {
        return this instanceof Yarn yarn ? yarn.attentionFactor : 1;
    }

    /** theta^(-2i/dims) for i in [0, dims/2), scaled. */
    default double[] inverseFrequencies(double theta, int dims) {
        double[] frequencies = new double[dims / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = scale(Math.pow(theta, -2.0 * i / dims), i, theta, dims);
        }
        return frequencies;
    }

    private double scale(double frequency, int i, double theta, int dims) {
        return switch (this) {
            case None() -> frequency;
            case Linear(double factor) -> frequency / factor;
            case Llama3(double factor, double low, double high, double original) -> {
                double wavelength = 2 * Math.PI / frequency;
                if (wavelength > original / low) {
                    yield frequency / factor;
                }
                if (wavelength < original / high) {
                    yield frequency;
                }
                double smooth = (original / wavelength - low) / (high - low);
                yield (1 - smooth) * frequency / factor + smooth * frequency;
            }
            case Yarn yarn -> {
                double kept = yarn.kept(i, theta, dims);
                yield frequency / yarn.factor * (1 - kept) + frequency * kept;
            }
        };
    }
}
