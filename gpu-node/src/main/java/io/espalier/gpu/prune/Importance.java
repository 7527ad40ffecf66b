package io.espalier.gpu.prune;

/**
 * How much each part of a model matters, by Minitron's activation importance (Muralidharan et al., 2024) as NVIDIA's
 * Model Optimizer computes it. With {@code agg(x)[c] = sqrt(sum over rows of (mean over the sequence of |x[c]|)²)}:
 *
 * @param hidden [hidden_size]: agg of both norms' outputs, summed over layers
 * @param ffn [layers][intermediate_size]: agg of down_proj's input
 * @param heads [layers][query heads]: L2 over head_dim of agg of o_proj's input
 * @param blockInfluence [layers]: 1 - mean cosine of a layer's input and output (ShortGPT; Men et al., 2024)
 */
public record Importance(double[] hidden, double[][] ffn, double[][] heads, double[] blockInfluence) {}
