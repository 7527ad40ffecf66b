package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;

/** A {@link Block} as it is computed. */
interface Part {
    /**
     * Computes the block's share of the residual stream.
     *
     * @param n [B, S, hidden], f32
     * @return what joins the residual stream, [B, S, hidden], in the compute type
     */
    NDArray forward(Scope scope, NDArray n, Parameters w, Pass pass, Taps taps);

    /**
     * The computation of a block.
     *
     * @param eps of norms within the block
     */
    static Part of(Torch torch, Block block, int layer, NDArray eps) {
        return switch (block) {
            case AttentionBlock attention -> new SelfAttention(torch, attention, layer, eps);
            case DeltaNetBlock delta -> new DeltaNet(torch, delta, layer, eps);
            case MlpBlock mlp -> new GatedMlp(torch, mlp, layer);
            case ExpertsBlock experts -> new MixtureOfExperts(torch, experts, layer);
        };
    }
}
