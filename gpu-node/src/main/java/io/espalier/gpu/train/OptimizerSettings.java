package io.espalier.gpu.train;

import io.espalier.gpu.Refused;

/**
 * The settings of the optimiser.
 *
 * @param learningRate the schedule
 * @param adam its numbers
 * @param decayVectors whether norms and biases decay too
 * @param accumulation micro-batches in a global batch
 * @param frozen what does not move
 */
public record OptimizerSettings(
        LearningRate learningRate, Adam adam, boolean decayVectors, int accumulation, Frozen frozen) {
    public OptimizerSettings {
        if (accumulation < 1) {
            throw Refused.usage("global-batch", accumulation, "must hold at least one micro-batch");
        }
    }

    /** The same by another schedule. */
    public OptimizerSettings with(LearningRate other) {
        return new OptimizerSettings(other, adam, decayVectors, accumulation, frozen);
    }
}
