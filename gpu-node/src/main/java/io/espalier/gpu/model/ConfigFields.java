package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.util.List;
import java.util.stream.IntStream;

/** The fields of a config.json, in the spelling of transformers 4 or 5; refuses by name. */
final class ConfigFields {
    static final String FULL = "full_attention";
    static final String SLIDING = "sliding_attention";
    /** Fields that are told outside of a nested text_config. */
    private static final List<String> OUTER = List.of(
            "dtype", "torch_dtype", "tie_word_embeddings", "bos_token_id", "eos_token_id", "transformers_version");

    private static final int MAX_LAYERS = 10_000;

    private final Object file;
    private final ObjectNode json;

    ConfigFields(Object file, ObjectNode json) {
        this.file = file;
        this.json = json;
    }

    ObjectNode json() {
        return json;
    }

    /** The language model's fields, where they are nested among those of a model that sees, too. */
    ConfigFields text() {
        if (!(json.get("text_config") instanceof ObjectNode nested)) {
            return this;
        }
        ObjectNode text = nested.deepCopy();
        for (String outer : OUTER) {
            if (!text.has(outer) && json.has(outer)) {
                text.set(outer, json.get(outer));
            }
        }
        if (!text.has("model_type")) {
            text.put("model_type", text("model_type", "") + "_text");
        }
        return new ConfigFields(file, text);
    }

    int layers() {
        int layers = positive("num_hidden_layers");
        require(layers <= MAX_LAYERS, "num_hidden_layers", layers, "must be at most " + MAX_LAYERS);
        return layers;
    }

    int groups(int heads) {
        int groups = present("num_key_value_heads") ? positive("num_key_value_heads") : heads;
        require(
                heads % groups == 0,
                "num_attention_heads",
                heads,
                "must be a multiple of num_key_value_heads " + groups);
        return groups;
    }

    /** @param absent what the family takes where none is named; null for an equal share of the hidden channels */
    int headDim(int hidden, int heads, Integer absent) {
        if (present("head_dim")) {
            int headDim = positive("head_dim");
            require(headDim % 2 == 0, "head_dim", headDim, "must be even");
            return headDim;
        }
        if (absent != null) {
            return absent;
        }
        require(hidden % heads == 0, "hidden_size", hidden, "must be a multiple of num_attention_heads " + heads);
        require(hidden / heads % 2 == 0, "hidden_size / num_attention_heads", hidden / heads, "must be even");
        return hidden / heads;
    }

    String dtype() {
        return text("dtype", text("torch_dtype", "float32"));
    }

    /** The kind of each layer, one of those known, where layer_types says so; else null. */
    List<String> layerTypes(int layers, List<String> known) {
        JsonNode types = json.path("layer_types");
        if (!types.isArray()) {
            return null;
        }
        for (JsonNode type : types) {
            require(known.contains(type.asText()), "layer_types", type, "must be of " + String.join(", ", known));
        }
        require(types.size() == layers, "layer_types", types.size() + " kinds", "must be one a layer, " + layers);
        return IntStream.range(0, layers).mapToObj(i -> types.get(i).asText()).toList();
    }

    /**
     * transformers 5 says rope_parameters what 4 says rope_scaling, and may have an object for each kind of layer in it;
     * either may be absent or null.
     */
    ObjectNode ropeParameters(String layerType) {
        for (String field : List.of("rope_parameters", "rope_scaling")) {
            if (present(field)) {
                require(json.get(field).isObject(), field, json.get(field), "must be an object");
                JsonNode ofKind = json.get(field).path(layerType);
                return (ObjectNode) (ofKind.isObject() ? ofKind : json.get(field));
            }
        }
        return json.objectNode();
    }

    /** Whether rotary embeddings are told for each kind of layer. */
    boolean ropeByKind() {
        return json.path("rope_parameters").path(SLIDING).isObject();
    }

    double ropeTheta(ObjectNode rope, double absent) {
        double theta = number(rope, "rope_theta", number(json, "rope_theta", absent));
        require(theta > 0, "rope_theta", theta, "must be above 0");
        return theta;
    }

    /** @param absent the share of a head that turns where none is named */
    double partialRotaryFactor(ObjectNode rope, double absent) {
        return number(rope, "partial_rotary_factor", number(json, "partial_rotary_factor", absent));
    }

    RopeScaling ropeScaling(ObjectNode rope) {
        String type = rope.path("rope_type").asText(rope.path("type").asText("default"));
        return switch (type) {
            case "default" -> new RopeScaling.None();
            case "linear" -> new RopeScaling.Linear(ropeNumber(rope, "factor"));
            case "llama3" -> llama3(rope);
            case "yarn" -> yarn(rope);
            default ->
                throw Refused.invalid(file, "rope_scaling.rope_type", type, "must be default, linear, llama3 or yarn");
        };
    }

    private RopeScaling llama3(ObjectNode rope) {
        double low = ropeNumber(rope, "low_freq_factor");
        double high = ropeNumber(rope, "high_freq_factor");
        require(high > low, "rope_scaling.high_freq_factor", high, "must be above low_freq_factor " + low);
        return new RopeScaling.Llama3(
                ropeNumber(rope, "factor"), low, high, ropeNumber(rope, "original_max_position_embeddings"));
    }

    private RopeScaling yarn(ObjectNode rope) {
        double factor = ropeNumber(rope, "factor");
        double original = rope.hasNonNull("original_max_position_embeddings")
                ? ropeNumber(rope, "original_max_position_embeddings")
                : positive("max_position_embeddings");
        double mscale = number(rope, "mscale", 0);
        double all = number(rope, "mscale_all_dim", 0);
        double magnitude = mscale != 0 && all != 0
                ? RopeScaling.Yarn.magnitude(factor, mscale) / RopeScaling.Yarn.magnitude(factor, all)
                : RopeScaling.Yarn.magnitude(factor, 1);
        JsonNode truncate = rope.path("truncate");
        require(
                truncate.isMissingNode() || truncate.isBoolean(),
                "rope_scaling.truncate",
                truncate,
                "must be true or false");
        return new RopeScaling.Yarn(
                factor,
                original,
                rope.hasNonNull("beta_fast") ? ropeNumber(rope, "beta_fast") : 32,
                rope.hasNonNull("beta_slow") ? ropeNumber(rope, "beta_slow") : 1,
                truncate.asBoolean(true),
                rope.hasNonNull("attention_factor") ? ropeNumber(rope, "attention_factor") : magnitude);
    }

    double ropeNumber(JsonNode rope, String field) {
        JsonNode value = rope.path(field);
        require(value.isNumber() && value.asDouble() > 0, "rope_scaling." + field, value, "must be a number above 0");
        return value.asDouble();
    }

    boolean present(String field) {
        return json.hasNonNull(field);
    }

    /** A field that may be absent, which is not null. */
    boolean named(String field) {
        return json.has(field);
    }

    /**
     * Reads the reach of sliding_attention, in positions; null, which is no window, where the field is null.
     *
     * @param absent the reach where the field is absent; null for no window
     */
    Integer slidingWindow(Integer absent) {
        return named("sliding_window")
                ? present("sliding_window") ? Integer.valueOf(positive("sliding_window")) : null
                : absent;
    }

    int positive(String field) {
        JsonNode value = json.path(field);
        require(value.isInt() && value.asInt() > 0, field, json.get(field), "must be a positive integer");
        return value.asInt();
    }

    int positive(String field, int absent) {
        return present(field) ? positive(field) : absent;
    }

    double number(String field, double absent) {
        return number(json, field, absent);
    }

    double number(ObjectNode object, String field, double absent) {
        if (!object.hasNonNull(field)) {
            return absent;
        }
        JsonNode value = object.get(field);
        require(value.isNumber() && Double.isFinite(value.asDouble()), field, value, "must be a number");
        return value.asDouble();
    }

    boolean flag(String field, boolean absent) {
        if (!present(field)) {
            return absent;
        }
        require(json.get(field).isBoolean(), field, json.get(field), "must be true or false");
        return json.get(field).asBoolean();
    }

    String text(String field, String absent) {
        if (!present(field)) {
            return absent;
        }
        require(json.get(field).isTextual(), field, json.get(field), "must be a text");
        return json.get(field).asText();
    }

    void require(boolean holds, String field, Object value, String rule) {
        if (!holds) {
            throw Refused.invalid(file, field, value == null ? "absent" : value, rule);
        }
    }
}
