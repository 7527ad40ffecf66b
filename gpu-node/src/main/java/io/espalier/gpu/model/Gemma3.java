package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.model.AttentionBlock.QueryKeyNorm;
import java.util.Map;

/**
 * Gemma 3, text alone: norms before and behind each block, gains stored as their distance from one, scaled embeddings, a
 * window in five layers of six with rotary frequencies of its own.
 */
final class Gemma3 extends DenseFamily {
    private static final int DEFAULT_WINDOW = 4096;
    private static final double LOCAL_THETA = 10_000;

    Gemma3() {
        super("gemma3_text", new Gguf("gemma3", false, config -> {
            return config.window() == null
                    ? Map.of()
                    : Map.of(
                            "attention.sliding_window",
                            config.window(),
                            "rope.freq_base_swa",
                            config.ropes().stream()
                                    .mapToDouble(Rope::theta)
                                    .min()
                                    .orElseThrow());
        }));
    }

    @Override
    public boolean headsDivideWidth() {
        return true;
    }

    @Override
    public String notGguf(Anatomy anatomy) {
        for (int i = 0; i < anatomy.layers().size(); i++) {
            AttentionBlock attention = (AttentionBlock) anatomy.layers().get(i).mixer();
            if ((attention.window() == null) != ((i + 1) % 6 == 0)) {
                return "llama.cpp takes it that every sixth layer, and no other, has no window";
            }
            if (attention.queryFactor() != 1) {
                return "llama.cpp takes it that query_pre_attn_scalar is head_dim";
            }
        }
        return null;
    }

    @Override
    Integer defaultHeadDim() {
        return 256;
    }

    @Override
    double defaultTheta() {
        return 1_000_000;
    }

    @Override
    QueryKeyNorm queryKeyNorm() {
        return QueryKeyNorm.HEAD;
    }

    @Override
    Norms norms() {
        return Norms.around(1);
    }

    @Override
    MlpBlock.Activation activation() {
        return MlpBlock.Activation.GELU_TANH;
    }

    @Override
    String activationField() {
        return "hidden_activation";
    }

    @Override
    boolean tied(ConfigFields c) {
        return c.flag("tie_word_embeddings", true);
    }

    @Override
    double embeddingScale(ConfigFields c) {
        return Math.sqrt(c.positive("hidden_size"));
    }

    @Override
    double scale(ConfigFields c, int headDim) {
        double scalar = c.number("query_pre_attn_scalar", 256);
        c.require(scalar > 0, "query_pre_attn_scalar", scalar, "must be above 0");
        return 1 / Math.sqrt(scalar);
    }

    @Override
    Integer window(ConfigFields c) {
        for (String capped : new String[] {"final_logit_softcapping", "attn_logit_softcapping"}) {
            c.require(!c.present(capped), capped, c.json().get(capped), "must be null: Gemma 3 caps nothing");
        }
        c.require(
                !c.flag("use_bidirectional_attention", false),
                "use_bidirectional_attention",
                true,
                "must be false: attention is causal");
        return c.positive("sliding_window", DEFAULT_WINDOW);
    }

    @Override
    String kind(ConfigFields c, int layer) {
        int pattern = c.positive("sliding_window_pattern", c.positive("_sliding_window_pattern", 6));
        return (layer + 1) % pattern == 0 ? ConfigFields.FULL : ConfigFields.SLIDING;
    }

    /** In transformers 4 rope_theta and rope_scaling are for the layers without a window. */
    @Override
    Rope rope(ConfigFields c, String kind, int headDim) {
        if (kind.equals(ConfigFields.FULL) || c.ropeByKind()) {
            return super.rope(c, kind, headDim);
        }
        ObjectNode none = c.json().objectNode();
        return new Rope(c.number("rope_local_base_freq", LOCAL_THETA), headDim, c.ropeScaling(none));
    }

    @Override
    public String uncut(Role role) {
        return role == Role.HIDDEN ? "its embeddings are scaled by the root of hidden_size" : null;
    }
}
