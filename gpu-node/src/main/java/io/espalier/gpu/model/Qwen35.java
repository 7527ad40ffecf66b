package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.model.AttentionBlock.QueryKeyNorm;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Qwen3.5, text alone: three layers of four are a gated DeltaNet, the fourth is attention whose output is gated. */
final class Qwen35 extends DenseFamily {
    private static final String LINEAR = "linear_attention";

    Qwen35() {
        super("qwen3_5_text", null);
    }

    @Override
    List<String> kinds(ConfigFields c, int layers) {
        List<String> types = c.layerTypes(layers, List.of(LINEAR, ConfigFields.FULL));
        int interval = c.positive("full_attention_interval", 4);
        return types != null
                ? types
                : IntStream.range(0, layers)
                        .mapToObj(i -> (i + 1) % interval == 0 ? ConfigFields.FULL : LINEAR)
                        .toList();
    }

    @Override
    Block mixer(ConfigFields c, int layer, String kind) {
        if (kind.equals(ConfigFields.FULL)) {
            return super.mixer(c, layer, kind);
        }
        int keyHeads = c.positive("linear_num_key_heads", 16);
        int valueHeads = c.positive("linear_num_value_heads", 32);
        c.require(
                valueHeads % keyHeads == 0,
                "linear_num_value_heads",
                valueHeads,
                "must be a multiple of linear_num_key_heads " + keyHeads);
        return new DeltaNetBlock(
                c.positive("hidden_size"),
                keyHeads,
                valueHeads,
                c.positive("linear_key_head_dim", 128),
                c.positive("linear_value_head_dim", 128),
                c.positive("linear_conv_kernel_dim", 4));
    }

    @Override
    boolean gated() {
        return true;
    }

    @Override
    Integer defaultHeadDim() {
        return 256;
    }

    @Override
    QueryKeyNorm queryKeyNorm() {
        return QueryKeyNorm.HEAD;
    }

    @Override
    Norms norms() {
        return Norms.before(1);
    }

    @Override
    Rope rope(ConfigFields c, String kind, int headDim) {
        return partialRope(c, kind, headDim, 0.25);
    }

    @Override
    public Map<String, List<JsonNode>> perLayer(ConfigFields c) {
        List<JsonNode> types = kinds(c, c.layers()).stream()
                .map(kind -> (JsonNode) c.json().textNode(kind))
                .toList();
        return Map.of("layer_types", types);
    }

    @Override
    public String uncut(Role role) {
        return role == Role.HEAD || role == Role.GROUP ? "most of its layers have no such heads" : null;
    }
}
