package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;

/** Attention of queries to keys and values: to those of this pass alone, or to a cache of earlier positions too. */
@FunctionalInterface
interface Attention {
    /** Causal attention within the pass. */
    Attention CAUSAL = (scope, layer, reach, q, k, v) -> scope.attend(q, k, v, reach);

    /**
     * Takes q [B, H, S, D] and k, v [B, G, S, D]; gives [B, S, H·D].
     *
     * @param reach positions that a query looks back to, itself among them; {@link #EVERYTHING} for all
     */
    NDArray attend(Scope scope, int layer, int reach, NDArray q, NDArray k, NDArray v);

    /**
     * The memory that a DeltaNet layer has of earlier positions; kernels write its next state into the same arrays.
     *
     * @param convolution the last inputs of its convolution, [B, C, kernel - 1], in the compute type
     * @param state [B, H, key width, value width], f32
     */
    record Memory(NDArray convolution, NDArray state) {}

    /** The memory of a DeltaNet layer; null where rows begin with this pass. */
    default Memory memory(int layer) {
        return null;
    }

    /** The attention within documents, where rows are divided into such; null where each row is one. */
    default DividedAttention division() {
        return null;
    }

    int EVERYTHING = Integer.MAX_VALUE;
}
