package io.espalier.gpu.prune;

/** The criteria by which layers are chosen. */
public enum DepthCriterion {
    /** 1 - mean cosine of a layer's input and output: the least go (ShortGPT; Men et al., 2024). The reference's. */
    BLOCK_INFLUENCE,
    /** Loss on the calibration text with the layer left out: those that raise it least go. */
    LEAVE_ONE_OUT,
    /** The run of neighbouring layers whose input and output are nearest goes (Gromov et al., 2024). */
    CONTIGUOUS
}
