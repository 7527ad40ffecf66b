package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import java.io.IOException;
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

    static void describe(GgufHeader header, Path directory, ModelConfig config) throws IOException {
        if (!Files.exists(directory.resolve(TokenizerJson.NAME))) {
            throw Refused.notFound(directory.resolve(TokenizerJson.NAME), "GGUF carries the tokenizer");
        }
        TokenizerJson tokenizer = TokenizerJson.read(directory);
        Path file = tokenizer.file();
        JsonNode json = tokenizer.json();
        requireByteLevel(file, json.path("model"));
        List<String> tokens = new ArrayList<>(Collections.nCopies(config.vocabSize(), null));
        List<Integer> types = new ArrayList<>(Collections.nCopies(config.vocabSize(), UNUSED));
        tokenizer.tokens().forEach((id, token) -> put(file, tokens, types, token, id, NORMAL));
        for (JsonNode added : json.path("added_tokens")) {
            int type = added.path("special").asBoolean() ? CONTROL : USER_DEFINED;
            put(
                    file,
                    tokens,
                    types,
                    added.path("content").asText(),
                    added.path("id").asInt(),
                    type);
        }
        for (int id = 0; id < tokens.size(); id++) {
            if (tokens.get(id) == null) {
                tokens.set(id, "[PAD" + id + "]");
            }
        }
        header.text("tokenizer.ggml.model", "gpt2");
        header.text("tokenizer.ggml.pre", GgufPreTokenizer.of(tokenizer));
        header.texts("tokenizer.ggml.tokens", tokens);
        header.numbers("tokenizer.ggml.token_type", types);
        header.texts(
                "tokenizer.ggml.merges",
                tokenizer.merges().stream().map(pair -> String.join(" ", pair)).toList());
        GgufSpecialTokens.describe(header, directory, tokenizer, config.json());
        GgufChatTemplates.describe(header, directory);
    }

    private static void requireByteLevel(Path file, JsonNode model) {
        if (!model.path("type").asText("BPE").equals("BPE")
                || model.path("byte_fallback").asBoolean()) {
            throw Refused.invalid(
                    file, "model.type", model.path("type"), "must be byte-level BPE: others are not exported to GGUF");
        }
        for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            if (!model.path(affix).asText("").isEmpty()) {
                throw Refused.invalid(file, "model." + affix, model.path(affix), "must be empty: llama.cpp has none");
            }
        }
    }

    private static void put(Path file, List<String> tokens, List<Integer> types, String text, int id, int type) {
        if (id >= tokens.size()) {
            throw Refused.invalid(file, "token " + text, id, "must be an id below vocab_size " + tokens.size());
        }
        tokens.set(id, text);
        types.set(id, type);
    }
}
