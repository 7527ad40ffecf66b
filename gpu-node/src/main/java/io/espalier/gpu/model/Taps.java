package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;

/**
 * An observer of forward passes, for pruning and feature losses. Tensors are [B, S, C] and die with the layer's scope.
 */
@FunctionalInterface
public interface Taps {
    /** Looks at nothing. */
    Taps NONE = (site, layer, value) -> {};

    /** A place in a decoder layer. */
    enum Site {
        /** The residual stream before the layer. */
        LAYER_INPUT,
        /** Input of attention: the output of the norm before it where there is one, else the residual stream. */
        ATTENTION_NORM,
        /** Input of o_proj: the heads' outputs side by side, [B, S, H·D]. */
        O_PROJ_INPUT,
        /** Input of the MLP: the output of the norm before it where there is one, else the residual stream. */
        MLP_NORM,
        /** Input of down_proj: silu(gate) · up. */
        DOWN_PROJ_INPUT,
        /**
         * Square roots, per expert, of whether a position goes to it, of the norm of what it gives, and of that times its
         * weight, side by side: [B, S, 3·experts].
         */
        EXPERTS,
        /** The residual stream after the layer. */
        LAYER_OUTPUT,
        /** Output of the last norm; its layer is the number of layers. */
        FINAL_NORM;

        /** Whether it can be seen where one layer meets the next. */
        public boolean betweenLayers() {
            return this == LAYER_INPUT || this == LAYER_OUTPUT || this == FINAL_NORM;
        }

        /** Channels of what is seen there. */
        public int channels(ModelConfig config) {
            return switch (this) {
                case LAYER_INPUT, ATTENTION_NORM, MLP_NORM, LAYER_OUTPUT, FINAL_NORM -> config.hiddenSize();
                case O_PROJ_INPUT -> Math.multiplyExact(config.numAttentionHeads(), config.headDim());
                case DOWN_PROJ_INPUT -> config.intermediateSize();
                case EXPERTS -> 3 * config.numExperts();
            };
        }
    }

    /** A site of one layer. */
    record Place(Site site, int layer) {
        /** Whether a pass of the model goes through it: not every kind of layer has every site. */
        public boolean in(ModelConfig config) {
            if (site.betweenLayers()) {
                return true;
            }
            Anatomy.Layer at = config.anatomy().layers().get(layer);
            return switch (site) {
                case O_PROJ_INPUT -> at.mixer() instanceof AttentionBlock;
                case DOWN_PROJ_INPUT -> at.mlp() instanceof MlpBlock;
                case EXPERTS -> at.mlp() instanceof ExpertsBlock;
                case LAYER_INPUT, ATTENTION_NORM, MLP_NORM, LAYER_OUTPUT, FINAL_NORM -> true;
            };
        }
    }

    void see(Site site, int layer, NDArray value);
}
