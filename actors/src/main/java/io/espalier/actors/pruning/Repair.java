package io.espalier.actors.pruning;

/** The ways in which a pruned model is brought nearer to its original without training. */
public enum Repair {
    /** RMSNorm gains for fewer channels: {@link io.espalier.gpu.prune.NormGains}. */
    GAINS,
    /** Least-squares refit of o_proj and down_proj: {@link io.espalier.gpu.prune.Refit}. */
    REFIT
}
