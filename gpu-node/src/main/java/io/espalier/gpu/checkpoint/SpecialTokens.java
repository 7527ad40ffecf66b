package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tokens that a tokenizer's directory gives a name, as transformers takes them: from tokenizer_config.json, and,
 * where that lists no added tokens, from special_tokens_map.json before it.
 */
public final class SpecialTokens {
    private static final List<String> NAMES =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private SpecialTokens() {}

    /** Texts by name, such as {@code bos_token}; one that is not set is left out. */
    public static Map<String, String> read(Path directory) {
        JsonNode config = LaxJson.readIfThere(directory.resolve("tokenizer_config.json"));
        Map<String, String> tokens = new LinkedHashMap<>();
        take(config, tokens);
        if (!config.has("added_tokens_decoder")) {
            take(LaxJson.readIfThere(directory.resolve("special_tokens_map.json")), tokens);
        }
        return tokens;
    }

    private static void take(JsonNode from, Map<String, String> tokens) {
        for (String name : NAMES) {
            JsonNode token = from.path(name).isObject() ? from.path(name).path("content") : from.path(name);
            if (token.isTextual()) {
                tokens.put(name, token.asText());
            }
        }
    }
}
