package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;

/** Tensors by their Hugging Face names: stored weights, or the leaves of one optimiser step. */
@FunctionalInterface
public interface Parameters {
    NDArray get(String name);

    /** The door to every matrix product of a layer: whoever computes one otherwise (rounded, sharded) does it here. */
    default Linear linear(String module, boolean biased) {
        return new Linear(module, get(module + ".weight"), biased ? get(module + ".bias") : null);
    }

    /**
     * A linear map.
     *
     * @param name of the module that it is
     * @param weight [out, in]
     * @param bias [out], or null
     */
    record Linear(String name, NDArray weight, NDArray bias) {
        /** x Wᵀ + b in the compute type. */
        NDArray of(Scope scope, NDArray x) {
            return scope.linear(x, weight, bias);
        }
    }
}
