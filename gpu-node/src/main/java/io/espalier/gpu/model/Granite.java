package io.espalier.gpu.model;

import java.util.Map;

/** Granite: Llama with multipliers of embeddings, attention scores, the residual stream's increments and logits. */
final class Granite extends DenseFamily {
    Granite() {
        super("granite", new Gguf("granite", true, config -> {
            Anatomy a = config.anatomy();
            AttentionBlock attention = (AttentionBlock) a.layers().getFirst().mixer();
            return Map.of(
                    "attention.scale", attention.scale(),
                    "embedding_scale", a.embeddingScale(),
                    "residual_scale", a.residualScale(),
                    "logit_scale", 1 / a.logitScale());
        }));
    }

    @Override
    double scale(ConfigFields c, int headDim) {
        return c.number("attention_multiplier", 1);
    }

    @Override
    double embeddingScale(ConfigFields c) {
        return c.number("embedding_multiplier", 1);
    }

    @Override
    double residualScale(ConfigFields c) {
        return c.number("residual_multiplier", 1);
    }

    @Override
    double logitScale(ConfigFields c) {
        double divisor = c.number("logits_scaling", 1);
        c.require(divisor != 0, "logits_scaling", divisor, "must not be 0");
        return 1 / divisor;
    }
}
