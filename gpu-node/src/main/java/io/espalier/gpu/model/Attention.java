package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;

/** How queries meet keys and values: over this pass alone, or over a cache of earlier positions too. */
@FunctionalInterface
interface Attention {
    /** Causal attention within the pass. */
    Attention CAUSAL = (scope, layer, q, k, v) -> scope.attend(q, k, v);

    /** Takes q [B, H, S, D] and k, v [B, G, S, D]; gives [B, S, H·D]. */
    NDArray attend(Scope scope, int layer, NDArray q, NDArray k, NDArray v);
}
