package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** SmolLM3: Llama whose every fourth layer does not know where a token stands. */
final class SmolLm3 extends DenseFamily {
    private static final String NO_ROPE = "no_rope_layers";

    SmolLm3() {
        super("smollm3", new Gguf("smollm3", true, config -> Map.of()));
    }

    @Override
    double defaultTheta() {
        return 2_000_000;
    }

    @Override
    public String notGguf(Anatomy anatomy) {
        for (int i = 0; i < anatomy.layers().size(); i++) {
            AttentionBlock attention = (AttentionBlock) anatomy.layers().get(i).mixer();
            if ((attention.rope() == null) != ((i + 1) % 4 == 0)) {
                return "llama.cpp takes it that every fourth layer, and no other, has no rotary embedding";
            }
        }
        return null;
    }

    /** In no_rope_layers, 1 stands for a layer that has one. */
    @Override
    boolean rotates(ConfigFields c, int layer) {
        if (!c.present(NO_ROPE)) {
            return (layer + 1) % c.positive("no_rope_layer_interval", 4) != 0;
        }
        JsonNode rotates = c.json().path(NO_ROPE).path(layer);
        c.require(rotates.isInt(), NO_ROPE, c.json().get(NO_ROPE), "must be 0 or 1 for each layer");
        return rotates.asInt() != 0;
    }

    @Override
    Integer window(ConfigFields c) {
        return c.flag("use_sliding_window", false) ? c.slidingWindow(null) : null;
    }

    @Override
    String kind(ConfigFields c, int layer) {
        return rotates(c, layer) ? ConfigFields.FULL : super.kind(c, layer);
    }

    @Override
    boolean tied(ConfigFields c) {
        return c.flag("tie_word_embeddings", true);
    }

    @Override
    public Map<String, List<JsonNode>> perLayer(ConfigFields c) {
        Map<String, List<JsonNode>> fields = super.perLayer(c);
        List<JsonNode> rotates = new ArrayList<>();
        for (int layer = 0; layer < c.layers(); layer++) {
            rotates.add(c.json().numberNode(rotates(c, layer) ? 1 : 0));
        }
        fields.put(NO_ROPE, rotates);
        return fields;
    }
}
