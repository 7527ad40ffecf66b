package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;

/** Tensors by their Hugging Face names: stored weights, or the leaves of one optimiser step. */
@FunctionalInterface
public interface Parameters {
    NDArray get(String name);
}
