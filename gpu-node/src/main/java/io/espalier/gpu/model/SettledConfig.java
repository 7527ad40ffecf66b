package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Notices;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A config.json that says outright what it means by the rules of transformers 5.18: sizes that it leaves out are those of
 * its family, and of several places for rotary parameters one is left.
 */
final class SettledConfig {
    private static final String OLD = "rope_scaling";
    private static final String NEW = "rope_parameters";
    private static final String ORIGINAL = "original_max_position_embeddings";
    private static final String POSITIONS = "max_position_embeddings";

    /** Kinds of scaling that start from a length of the original training. */
    private static final List<String> FROM_A_LENGTH = List.of("llama3", "yarn", "longrope");

    /** The defaults of the configuration classes of transformers 5.18, by model_type. */
    private static final JsonNode DEFAULTS = defaults();

    private final Object file;
    private final ObjectNode json;

    private SettledConfig(Object file, ObjectNode json) {
        this.file = file;
        this.json = json;
    }

    private static JsonNode defaults() {
        try (InputStream in = SettledConfig.class.getResourceAsStream("family-defaults.json")) {
            return LaxJson.mapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Refuses a quantised model: weights in pieces of another kind need the library that made them. */
    static ObjectNode of(Object file, ObjectNode stated) {
        SettledConfig settled = new SettledConfig(file, stated.deepCopy());
        settled.requireWhole();
        settled.fillIn();
        settled.settleRope();
        return settled.json;
    }

    private void requireWhole() {
        JsonNode quantised = json.path("quantization_config");
        if (quantised.isObject() && !quantised.isEmpty()) {
            throw Refused.invalid(
                    file,
                    "quantization_config",
                    quantised.path("quant_method").asText("an unnamed method"),
                    "must be absent: the checkpoint is quantised, and weights are read as BF16, F16 or F32");
        }
    }

    /**
     * Adds the family's defaults for fields that are left out. A field that is null stays so: for heads, null means
     * another thing than no field.
     */
    private void fillIn() {
        DEFAULTS.path(json.path("model_type").asText("")).properties().forEach(entry -> {
            if (!json.has(entry.getKey())) {
                json.set(entry.getKey(), entry.getValue());
            }
        });
    }

    private void settleRope() {
        ObjectNode old = object(OLD);
        ObjectNode current = object(NEW);
        if (!old.isEmpty() && !current.isEmpty()) {
            if (!old.equals(current)) {
                Notices.tell(file + ": " + OLD + " and " + NEW + " differ: " + OLD
                        + " is taken, as transformers does; llama.cpp's converter takes " + NEW);
            }
            json.remove(NEW);
        } else if (old.isEmpty() && !current.isEmpty()) {
            json.remove(OLD);
        } else if (!old.isEmpty()) {
            json.remove(NEW);
        }
        ObjectNode rope = old.isEmpty() ? current : old;
        String type = rope.path("rope_type").asText(rope.path("type").asText(""));
        if (FROM_A_LENGTH.contains(type)) {
            settleLength(old.isEmpty() ? NEW : OLD, rope);
        }
    }

    /** The length of the original training counts more at the top than beside the other parameters. */
    private void settleLength(String name, ObjectNode rope) {
        JsonNode top = json.path(ORIGINAL);
        JsonNode inside = rope.path(ORIGINAL);
        if (top.isMissingNode() || top.isNull()) {
            if (inside.isMissingNode() && json.has(POSITIONS)) {
                rope.set(ORIGINAL, json.get(POSITIONS));
            }
            return;
        }
        if (!inside.isMissingNode() && !inside.equals(top)) {
            Notices.tell(file + ": " + ORIGINAL + " " + top + " is taken and not " + name + "." + ORIGINAL + " "
                    + inside + ", as transformers does; llama.cpp's converter takes the latter");
        }
        rope.set(ORIGINAL, top);
    }

    private ObjectNode object(String field) {
        JsonNode value = json.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return json.objectNode();
        }
        if (!(value instanceof ObjectNode object)) {
            throw Refused.invalid(file, field, value, "must be an object");
        }
        return object;
    }
}
