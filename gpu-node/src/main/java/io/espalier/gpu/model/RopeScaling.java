package io.espalier.gpu.model;

/** How rotary frequencies are stretched for long contexts. */
public sealed interface RopeScaling {
    /** Frequencies as they are. */
    record None() implements RopeScaling {}

    /**
     * Llama 3.1: low frequencies divided by {@code factor}, high ones kept, a linear blend between. Source: the
     * {@code rope_type} "llama3" of Hugging Face transformers.
     *
     * @param originalMaxPositionEmbeddings context of the original training, positions
     */
    record Llama3(
            double factor, double lowFrequencyFactor, double highFrequencyFactor, double originalMaxPositionEmbeddings)
            implements RopeScaling {}

    /** theta^(-2i/D) for i in [0, D/2), scaled. */
    default double[] inverseFrequencies(double theta, int headDim) {
        double[] frequencies = new double[headDim / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = scale(Math.pow(theta, -2.0 * i / headDim));
        }
        return frequencies;
    }

    private double scale(double frequency) {
        return switch (this) {
            case None() -> frequency;
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
        };
    }
}
