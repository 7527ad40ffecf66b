package io.espalier.gpu.train;

import io.espalier.gpu.Refused;

/**
 * How the optimiser moves.
 *
 * @param learningRate the schedule
 * @param beta1 decay of the mean of gradients
 * @param beta2 decay of the mean of their squares
 * @param eps added to the root of the latter
 * @param weightDecay decoupled: p -= lr · weightDecay · p
 * @param decayVectors whether norms and biases decay too
 * @param clip largest global L2 norm of the gradient
 * @param accumulation micro-batches in a global batch
 * @param frozen what does not move
 */
public record OptimizerSettings(
        LearningRate learningRate,
        double beta1,
        double beta2,
        double eps,
        double weightDecay,
        boolean decayVectors,
        double clip,
        int accumulation,
        Frozen frozen) {
    public OptimizerSettings {
        require(beta1 >= 0 && beta1 < 1, "--beta1", beta1, "must be in [0, 1)");
        require(beta2 >= 0 && beta2 < 1, "--beta2", beta2, "must be in [0, 1)");
        require(eps > 0, "--eps", eps, "must be above 0");
        require(weightDecay >= 0, "--weight-decay", weightDecay, "must not be negative");
        require(clip > 0, "--clip", clip, "must be above 0");
        require(accumulation > 0, "--global-batch", accumulation, "must hold at least one micro-batch");
    }

    /** The same by another schedule. */
    public OptimizerSettings with(LearningRate other) {
        return new OptimizerSettings(other, beta1, beta2, eps, weightDecay, decayVectors, clip, accumulation, frozen);
    }

    private static void require(boolean holds, String option, Object value, String rule) {
        if (!holds) {
            throw Refused.usage(option, value, rule);
        }
    }
}
