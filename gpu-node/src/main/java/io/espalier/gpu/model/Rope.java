package io.espalier.gpu.model;

/**
 * A rotary position embedding.
 *
 * @param dims channels of a head that turn, the first ones; even
 */
public record Rope(double theta, int dims, RopeScaling scaling) {
    /** theta^(-2i/dims) for i in [0, dims/2), scaled. */
    public double[] inverseFrequencies() {
        return scaling.inverseFrequencies(theta, dims);
    }
}
