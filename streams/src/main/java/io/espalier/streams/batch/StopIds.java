package io.espalier.streams.batch;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The ids at which a model's text ends: all that generation_config.json lists, else those of config.json, and the one
 * that its tokenizer closes documents with.
 */
public record StopIds(Set<Integer> ids) {
    private static final String FIELD = "eos_token_id";

    /** Reads the stop ids from a model's directory. */
    public static StopIds read(Path model, Tokenizer tokenizer) {
        Set<Integer> ids = new TreeSet<>(Set.of(tokenizer.endOfText()));
        for (String name : List.of("generation_config.json", "config.json")) {
            Path file = model.resolve(name);
            if (add(file, ids)) {
                break;
            }
        }
        return new StopIds(ids);
    }

    /** Adds the ids that a file lists; false where it lists none. */
    private static boolean add(Path file, Set<Integer> ids) {
        JsonNode listed = LaxJson.readIfThere(file).path(FIELD);
        if (listed.isMissingNode() || listed.isNull()) {
            return false;
        }
        for (JsonNode id : listed.isArray() ? listed : List.of(listed)) {
            if (!id.isInt() || id.asInt() < 0) {
                throw Refused.invalid(file, FIELD, listed, "must be a token's id or a list of ids");
            }
            ids.add(id.asInt());
        }
        return true;
    }

    /** Whether text ends at this id. */
    public boolean contains(int id) {
        return ids.contains(id);
    }
}
