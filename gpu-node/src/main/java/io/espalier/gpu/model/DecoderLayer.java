package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Scope;

/** One decoder layer: attention and a gated MLP, each behind an RMSNorm and added to the residual stream. */
final class DecoderLayer {
    private final ModelConfig config;
    private final int index;
    private final String prefix;

    DecoderLayer(ModelConfig config, int index) {
        this.config = config;
        this.index = index;
        this.prefix = "model.layers." + index + ".";
    }

    /** What the names of its parameters begin with. */
    String prefix() {
        return prefix;
    }

    /**
     * @param x residual stream [B, S, hidden], f32
     * @param rotary tables [S, D] of this pass
     * @param attention plain causal attention, or one that keeps keys and values
     */
    NDArray forward(
            Scope scope,
            NDArray x,
            Parameters w,
            RotaryEmbedding.Tables rotary,
            NDArray eps,
            Attention attention,
            Taps taps) {
        taps.see(Site.LAYER_INPUT, index, x);
        NDArray n = scope.rmsNorm(x, weight(w, "input_layernorm"), eps);
        taps.see(Site.ATTENTION_NORM, index, n);
        NDArray input = scope.operand(n);
        NDArray q = rotated(scope, input, w, "q", rotary, eps);
        NDArray k = rotated(scope, input, w, "k", rotary, eps);
        NDArray v = scope.headsFirst(scope.splitHeads(projected(scope, input, w, "v"), rotary.cos()));
        NDArray heads = attention.attend(scope, index, q, k, v);
        taps.see(Site.O_PROJ_INPUT, index, heads);
        NDArray o =
                scope.linear(heads, weight(w, "self_attn.o_proj"), bias(w, "self_attn.o_proj", config.outputBias()));
        NDArray y = scope.add(x, o);

        NDArray m = scope.rmsNorm(y, weight(w, "post_attention_layernorm"), eps);
        taps.see(Site.MLP_NORM, index, m);
        NDArray both = scope.operand(m);
        NDArray gate = scope.linear(both, weight(w, "mlp.gate_proj"));
        NDArray up = scope.linear(both, weight(w, "mlp.up_proj"));
        NDArray a = scope.siluMul(gate, up);
        taps.see(Site.DOWN_PROJ_INPUT, index, a);
        NDArray out = scope.add(y, scope.linear(a, weight(w, "mlp.down_proj")));
        taps.see(Site.LAYER_OUTPUT, index, out);
        return out;
    }

    /** Queries or keys, [B, heads, S, D]: projected, normed where the architecture does (QK-norm), rotated. */
    private NDArray rotated(
            Scope scope, NDArray n, Parameters w, String which, RotaryEmbedding.Tables rotary, NDArray eps) {
        NDArray heads = scope.splitHeads(projected(scope, n, w, which), rotary.cos());
        // Normed before the heads move to the front: over contiguous memory that is faster.
        NDArray normed = config.modelType().qkNorm()
                ? scope.rmsNorm(heads, weight(w, "self_attn." + which + "_norm"), eps)
                : heads;
        return scope.rotate(normed, rotary.cos(), rotary.sin());
    }

    private NDArray projected(Scope scope, NDArray n, Parameters w, String which) {
        String name = "self_attn." + which + "_proj";
        return scope.linear(n, weight(w, name), bias(w, name, config.attentionBias()));
    }

    private NDArray weight(Parameters w, String name) {
        return w.get(prefix + name + ".weight");
    }

    private NDArray bias(Parameters w, String name, boolean present) {
        return present ? w.get(prefix + name + ".bias") : null;
    }
}
