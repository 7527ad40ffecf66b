package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.util.List;

/** Reads config.json field by field, in the spelling of transformers 4 or 5, and refuses by name. */
final class ConfigReader {
    /** What the architectures' published code takes where config.json names none. */
    private static final int DEFAULT_WINDOW = 4096;

    private static final int QWEN3_HEAD_DIM = 128;
    private static final int MAX_LAYERS = 10_000;

    private final Object file;
    private final ObjectNode json;

    ConfigReader(Object file, ObjectNode json) {
        this.file = file;
        this.json = json;
    }

    ModelConfig read() {
        ModelType type = modelType();
        int hidden = positive("hidden_size");
        int heads = positive("num_attention_heads");
        int groups = present("num_key_value_heads") ? positive("num_key_value_heads") : heads;
        require(
                heads % groups == 0,
                "num_attention_heads",
                heads,
                "must be a multiple of num_key_value_heads " + groups);
        int headDim = headDim(type, hidden, heads);
        require("silu".equals(text("hidden_act", "silu")), "hidden_act", json.get("hidden_act"), "must be silu");
        require(!flag("mlp_bias", false), "mlp_bias", true, "must be false: MLP biases are not supported");
        ObjectNode rope = ropeParameters();
        double theta = number(rope, "rope_theta", number(json, "rope_theta", 10_000));
        require(theta > 0, "rope_theta", theta, "must be above 0");
        double partial = number(rope, "partial_rotary_factor", number(json, "partial_rotary_factor", 1));
        require(partial == 1, "partial_rotary_factor", partial, "must be 1: all of a head is rotated");
        double eps = number(json, "rms_norm_eps", 1e-6);
        require(eps > 0, "rms_norm_eps", eps, "must be above 0");
        boolean biased = type != ModelType.MISTRAL && flag("attention_bias", false);
        int layers = positive("num_hidden_layers");
        require(layers <= MAX_LAYERS, "num_hidden_layers", layers, "must be at most " + MAX_LAYERS);
        return new ModelConfig(
                type,
                positive("vocab_size"),
                hidden,
                positive("intermediate_size"),
                layers,
                heads,
                groups,
                headDim,
                eps,
                theta,
                scaling(rope),
                type.alwaysBiased() || biased,
                biased && !type.alwaysBiased(),
                flag("tie_word_embeddings", false),
                present("max_position_embeddings") ? positive("max_position_embeddings") : Integer.MAX_VALUE,
                slidingWindow(type, layers),
                text("dtype", text("torch_dtype", "float32")),
                json.deepCopy());
    }

    private ModelType modelType() {
        String spelling = text("model_type", "");
        return ModelType.of(spelling)
                .orElseThrow(() -> Refused.invalid(
                        file, "model_type", json.get("model_type"), "must be one of " + ModelType.known()));
    }

    private int headDim(ModelType type, int hidden, int heads) {
        if (present("head_dim")) {
            int headDim = positive("head_dim");
            require(headDim % 2 == 0, "head_dim", headDim, "must be even");
            return headDim;
        }
        if (type == ModelType.QWEN3) {
            return QWEN3_HEAD_DIM;
        }
        require(hidden % heads == 0, "hidden_size", hidden, "must be a multiple of num_attention_heads " + heads);
        require(hidden / heads % 2 == 0, "hidden_size / num_attention_heads", hidden / heads, "must be even");
        return hidden / heads;
    }

    /** transformers 5 says rope_parameters what 4 says rope_scaling; either may be absent or null. */
    private ObjectNode ropeParameters() {
        for (String field : List.of("rope_parameters", "rope_scaling")) {
            if (present(field)) {
                require(json.get(field).isObject(), field, json.get(field), "must be an object");
                return (ObjectNode) json.get(field);
            }
        }
        return json.objectNode();
    }

    private RopeScaling scaling(ObjectNode rope) {
        String type = rope.path("rope_type").asText(rope.path("type").asText("default"));
        return switch (type) {
            case "default" -> new RopeScaling.None();
            case "llama3" -> llama3(rope);
            default -> throw Refused.invalid(file, "rope_scaling.rope_type", type, "must be default or llama3");
        };
    }

    private RopeScaling llama3(ObjectNode rope) {
        double low = ropeNumber(rope, "low_freq_factor");
        double high = ropeNumber(rope, "high_freq_factor");
        require(high > low, "rope_scaling.high_freq_factor", high, "must be above low_freq_factor " + low);
        return new RopeScaling.Llama3(
                ropeNumber(rope, "factor"), low, high, ropeNumber(rope, "original_max_position_embeddings"));
    }

    private double ropeNumber(JsonNode rope, String field) {
        JsonNode value = rope.path(field);
        require(value.isNumber() && value.asDouble() > 0, "rope_scaling." + field, value, "must be a number above 0");
        return value.asDouble();
    }

    /** The window in effect on at least one layer, or null. */
    private Integer slidingWindow(ModelType type, int layers) {
        boolean absent = !json.has("sliding_window");
        Integer window = absent
                ? Integer.valueOf(DEFAULT_WINDOW)
                : present("sliding_window") ? Integer.valueOf(positive("sliding_window")) : null;
        if (type == ModelType.MISTRAL) {
            return window;
        }
        if (json.path("layer_types").isArray()) {
            for (JsonNode layer : json.get("layer_types")) {
                if (layer.asText().equals("sliding_attention")) {
                    return window;
                }
            }
            return null;
        }
        boolean reached =
                !present("max_window_layers") || json.path("max_window_layers").asInt() < layers;
        return flag("use_sliding_window", false) && reached ? window : null;
    }

    private boolean present(String field) {
        return json.hasNonNull(field);
    }

    private int positive(String field) {
        JsonNode value = json.path(field);
        require(value.isInt() && value.asInt() > 0, field, json.get(field), "must be a positive integer");
        return value.asInt();
    }

    private double number(ObjectNode object, String field, double absent) {
        if (!object.hasNonNull(field)) {
            return absent;
        }
        JsonNode value = object.get(field);
        require(value.isNumber() && Double.isFinite(value.asDouble()), field, value, "must be a number");
        return value.asDouble();
    }

    private boolean flag(String field, boolean absent) {
        if (!present(field)) {
            return absent;
        }
        require(json.get(field).isBoolean(), field, json.get(field), "must be true or false");
        return json.get(field).asBoolean();
    }

    private String text(String field, String absent) {
        if (!present(field)) {
            return absent;
        }
        require(json.get(field).isTextual(), field, json.get(field), "must be a text");
        return json.get(field).asText();
    }

    private void require(boolean holds, String field, Object value, String rule) {
        if (!holds) {
            throw Refused.invalid(file, field, value == null ? "absent" : value, rule);
        }
    }
}
