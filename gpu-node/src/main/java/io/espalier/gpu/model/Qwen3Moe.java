package io.espalier.gpu.model;

import java.util.Map;

/** Qwen3 with experts in every layer. */
final class Qwen3Moe extends Qwen {
    Qwen3Moe() {
        super("qwen3_moe", true, new Gguf("qwen3moe", false, config -> {
            ExpertsBlock experts = config.experts();
            return Map.of(
                    "expert_count",
                    experts.experts(),
                    "expert_used_count",
                    experts.perToken(),
                    "expert_feed_forward_length",
                    experts.ffn());
        }));
    }

    @Override
    Integer defaultHeadDim() {
        return null;
    }

    /** Every layer has experts: of the published models all are so. */
    @Override
    Block mlp(ConfigFields c, int layer) {
        c.require(
                "silu".equals(c.text("hidden_act", "silu")),
                "hidden_act",
                c.json().get("hidden_act"),
                "must be silu");
        c.require(
                c.json().path("mlp_only_layers").isEmpty(),
                "mlp_only_layers",
                c.json().get("mlp_only_layers"),
                "must be empty: every layer has experts");
        c.require(
                c.positive("decoder_sparse_step", 1) == 1,
                "decoder_sparse_step",
                c.json().get("decoder_sparse_step"),
                "must be 1: every layer has experts");
        int experts = c.positive(c.present("num_experts") ? "num_experts" : "num_local_experts");
        int perToken = c.positive("num_experts_per_tok", 8);
        c.require(perToken <= experts, "num_experts_per_tok", perToken, "must be at most num_experts " + experts);
        return new ExpertsBlock(
                c.positive("hidden_size"),
                c.positive("moe_intermediate_size"),
                experts,
                perToken,
                c.flag("norm_topk_prob", false));
    }

    @Override
    public String uncut(Role role) {
        return role == Role.FFN ? "neurons of experts are not compared; whole ones can be taken away" : null;
    }
}
