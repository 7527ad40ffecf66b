package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;

/** Reads config.json field by field, in the spelling of transformers 4 or 5, and refuses by name. */
final class ConfigReader {
    /** Mistral's published code takes this window where config.json names none. */
    private static final int MISTRAL_WINDOW = 4096;

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
        int headDim = headDim(hidden, heads);
        require("silu".equals(text("hidden_act", "silu")), "hidden_act", json.get("hidden_act"), "must be silu");
        require(!flag("mlp_bias", false), "mlp_bias", true, "must be false: MLP biases are not supported");
        JsonNode rope = json.path("rope_parameters");
        double theta =
                rope.path("rope_theta").isNumber() ? rope.path("rope_theta").asDouble() : number("rope_theta", 10_000);
        require(theta > 0, "rope_theta", theta, "must be above 0");
        double eps = number("rms_norm_eps", 1e-6);
        require(eps > 0, "rms_norm_eps", eps, "must be above 0");
        boolean biased = type != ModelType.MISTRAL && flag("attention_bias", false);
        int layers = positive("num_hidden_layers");
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
                scaling(rope.isObject() ? rope : json.path("rope_scaling")),
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

    private int headDim(int hidden, int heads) {
        if (present("head_dim")) {
            int headDim = positive("head_dim");
            require(headDim % 2 == 0, "head_dim", headDim, "must be even");
            return headDim;
        }
        require(hidden % heads == 0, "hidden_size", hidden, "must be a multiple of num_attention_heads " + heads);
        require(hidden / heads % 2 == 0, "hidden_size / num_attention_heads", hidden / heads, "must be even");
        return hidden / heads;
    }

    private RopeScaling scaling(JsonNode rope) {
        if (!rope.isObject()) {
            return new RopeScaling.None();
        }
        String type = rope.path("rope_type").asText(rope.path("type").asText("default"));
        return switch (type) {
            case "default" -> new RopeScaling.None();
            case "llama3" ->
                new RopeScaling.Llama3(
                        ropeNumber(rope, "factor"),
                        ropeNumber(rope, "low_freq_factor"),
                        ropeNumber(rope, "high_freq_factor"),
                        ropeNumber(rope, "original_max_position_embeddings"));
            default -> throw Refused.invalid(file, "rope_scaling.rope_type", type, "must be default or llama3");
        };
    }

    private double ropeNumber(JsonNode rope, String field) {
        JsonNode value = rope.path(field);
        require(value.isNumber() && value.asDouble() > 0, "rope_scaling." + field, value, "must be a number above 0");
        return value.asDouble();
    }

    /** The window in effect on at least one layer, or null. */
    private Integer slidingWindow(ModelType type, int layers) {
        if (type == ModelType.MISTRAL) {
            return !json.has("sliding_window")
                    ? Integer.valueOf(MISTRAL_WINDOW)
                    : present("sliding_window") ? Integer.valueOf(positive("sliding_window")) : null;
        }
        boolean used = flag("use_sliding_window", false) && present("sliding_window");
        boolean reached =
                !present("max_window_layers") || json.path("max_window_layers").asInt() < layers;
        return used && reached ? Integer.valueOf(positive("sliding_window")) : null;
    }

    private boolean present(String field) {
        return json.hasNonNull(field);
    }

    private int positive(String field) {
        JsonNode value = json.path(field);
        require(value.isInt() && value.asInt() > 0, field, json.get(field), "must be a positive integer");
        return value.asInt();
    }

    private double number(String field, double absent) {
        if (!present(field)) {
            return absent;
        }
        require(json.get(field).isNumber(), field, json.get(field), "must be a number");
        return json.get(field).asDouble();
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
