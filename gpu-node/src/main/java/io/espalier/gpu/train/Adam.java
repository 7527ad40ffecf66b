package io.espalier.gpu.train;

import io.espalier.gpu.Refused;

/**
 * The numbers of AdamW, and the clipping before it.
 *
 * @param beta1 decay of the mean of gradients
 * @param beta2 decay of the mean of their squares
 * @param eps added to the root of the latter
 * @param weightDecay decoupled: p -= lr · weightDecay · p
 * @param clip largest global L2 norm of the gradient
 */
public record Adam(double beta1, double beta2, double eps, double weightDecay, double clip) {
    public Adam {
        require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "must be in [0, 1)");
        require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "must be in [0, 1)");
        require(eps > 0, "eps", eps, "must be above 0");
        require(weightDecay >= 0, "weight-decay", weightDecay, "must not be negative");
        require(clip > 0, "clip", clip, "must be above 0");
    }

    private static void require(boolean holds, String option, double value, String rule) {
        if (!holds) {
            throw Refused.usage(option, value, rule);
        }
    }
}
