package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A byte-level BPE tokenizer.json in the words of GGUF. */
final class GgufTokenizer {
    private static final int NORMAL = 1;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNUSED = 5;

    private GgufTokenizer() {}

    static void describe(GgufHeader header, Path directory, ModelConfig config) {
        Path file = directory.resolve("tokenizer.json");
        if (!Files.exists(file)) {
            throw Refused.notFound(file, "GGUF carries the tokenizer");
        }
        JsonNode json = read(file);
        JsonNode model = json.path("model");
        if (!"BPE".equals(model.path("type").asText())
                || model.path("byte_fallback").asBoolean()) {
            throw Refused.invalid(
                    file, "model.type", model.path("type"), "must be byte-level BPE: others are not exported to GGUF");
        }
        List<String> tokens = new ArrayList<>(Collections.nCopies(config.vocabSize(), null));
        List<Integer> types = new ArrayList<>(Collections.nCopies(config.vocabSize(), UNUSED));
        model.path("vocab").properties().forEach(e -> put(file, tokens, types, e.getKey(), e.getValue(), NORMAL));
        for (JsonNode added : json.path("added_tokens")) {
            int type = added.path("special").asBoolean() ? CONTROL : USER_DEFINED;
            put(file, tokens, types, added.path("content").asText(), added.path("id"), type);
        }
        for (int id = 0; id < tokens.size(); id++) {
            if (tokens.get(id) == null) {
                tokens.set(id, "[PAD" + id + "]");
            }
        }
        header.text("tokenizer.ggml.model", "gpt2");
        header.text("tokenizer.ggml.pre", config.family().gguf().preTokenizer());
        header.texts("tokenizer.ggml.tokens", tokens);
        header.numbers("tokenizer.ggml.token_type", types);
        header.texts("tokenizer.ggml.merges", merges(model.path("merges")));
        id(header, "tokenizer.ggml.bos_token_id", config.json().path("bos_token_id"));
        id(header, "tokenizer.ggml.eos_token_id", config.json().path("eos_token_id"));
        header.flag("tokenizer.ggml.add_bos_token", false);
    }

    private static JsonNode read(Path file) {
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static void put(Path file, List<String> tokens, List<Integer> types, String text, JsonNode id, int type) {
        if (!id.isInt() || id.asInt() < 0 || id.asInt() >= tokens.size()) {
            throw Refused.invalid(file, "token " + text, id, "must be an id below vocab_size " + tokens.size());
        }
        tokens.set(id.asInt(), text);
        types.set(id.asInt(), type);
    }

    /** Merges come as "a b" or as ["a", "b"]. */
    private static List<String> merges(JsonNode merges) {
        List<String> lines = new ArrayList<>();
        for (JsonNode merge : merges) {
            lines.add(
                    merge.isArray() ? merge.get(0).asText() + " " + merge.get(1).asText() : merge.asText());
        }
        return lines;
    }

    private static void id(GgufHeader header, String key, JsonNode id) {
        JsonNode first = id.isArray() ? id.path(0) : id;
        if (first.isInt()) {
            header.number(key, first.asInt());
        }
    }
}
