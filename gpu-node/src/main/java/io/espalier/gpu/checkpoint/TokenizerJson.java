package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.StrictJson;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A tokenizer.json, read and checked before any library sees it: the native one ends the process where a decoder, a
 * vocabulary or the JSON itself is malformed.
 */
public final class TokenizerJson {
    public static final String NAME = "tokenizer.json";

    private static final int LARGEST = 512 << 20;
    private static final JsonMapper JSON = StrictJson.mapper(LARGEST);

    private final Path file;
    private final byte[] content;
    private final JsonNode json;
    private final NavigableMap<Integer, String> tokens = new TreeMap<>();
    private final List<String[]> merges = new ArrayList<>();

    private TokenizerJson(Path file, byte[] content) {
        this.file = file;
        this.content = content;
        this.json = parse(file, content);
    }

    /**
     * The tokenizer of a model directory.
     *
     * @throws Refused where there is none, or it is malformed
     */
    public static TokenizerJson read(Path modelDirectory) {
        Path file = modelDirectory.resolve(NAME);
        if (!Files.isRegularFile(file)) {
            throw Refused.notFound(file, "text needs the model's tokenizer");
        }
        TokenizerJson tokenizer = new TokenizerJson(file, bytes(file));
        new TokenizerSchema(file, tokenizer.json).check();
        new TokenizerHazards(file).check(tokenizer.json);
        tokenizer.collect();
        return tokenizer;
    }

    private static byte[] bytes(Path file) {
        try {
            if (Files.size(file) > LARGEST) {
                throw Refused.invalid(file, "size", Files.size(file), "must be at most " + LARGEST + " bytes");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static JsonNode parse(Path file, byte[] content) {
        try {
            return JSON.readTree(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new Refused(Refused.Reason.VALIDATION, file + ": content is no UTF-8: must be JSON", e);
        } catch (JsonProcessingException e) {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    file + ": content is no JSON (" + LaxJson.problem(e) + "): must be JSON",
                    e);
        }
    }

    private void collect() {
        Map<String, Integer> known = new HashMap<>();
        JsonNode vocabulary = json.get("model").get("vocab");
        if (vocabulary.isObject()) {
            vocabulary.properties().forEach(entry -> {
                put("model.vocab", entry.getValue().asInt(), entry.getKey());
                known.put(entry.getKey(), entry.getValue().asInt());
            });
        } else {
            for (int id = 0; id < vocabulary.size(); id++) {
                put("model.vocab", id, vocabulary.get(id).get(0).asText());
            }
        }
        for (JsonNode merge : json.get("model").path("merges")) {
            merges.add(pair(merge, known));
        }
        for (JsonNode added : json.path("added_tokens")) {
            String content = added.get("content").asText();
            String other = tokens.putIfAbsent(added.get("id").asInt(), content);
            if (other != null && !other.equals(content)) {
                throw Refused.invalid(
                        file,
                        "added_tokens: id of " + content,
                        added.get("id"),
                        "must be its own: " + other + " has it");
            }
        }
    }

    private void put(String field, int id, String token) {
        String other = tokens.put(id, token);
        if (other != null) {
            throw Refused.invalid(file, field + "[" + token + "]", id, "must be its own id: " + other + " has it");
        }
    }

    /** Merges come as "a b" or as ["a", "b"]; both halves and their sum are tokens. */
    private String[] pair(JsonNode merge, Map<String, Integer> known) {
        String[] halves = merge.isArray()
                ? new String[] {merge.get(0).asText(), merge.get(1).asText()}
                : merge.asText().split(" ", -1);
        String prefix = json.get("model").path("continuing_subword_prefix").asText("");
        boolean whole = halves.length == 2;
        if (whole) {
            if (!halves[1].startsWith(prefix)) {
                throw Refused.invalid(
                        file, "model.continuing_subword_prefix", prefix, "must begin the second part of every merge");
            }
            String second = halves[1].substring(prefix.length());
            whole = known.containsKey(halves[0])
                    && known.containsKey(halves[1])
                    && known.containsKey(halves[0] + second);
        }
        if (!whole) {
            throw Refused.invalid(
                    file, "model.merges[" + merges.size() + "]", merge, "must be two tokens whose sum is a token");
        }
        return halves;
    }

    public Path file() {
        return file;
    }

    /** The bytes that were checked: the file may be another one by now. */
    public InputStream content() {
        return new ByteArrayInputStream(content);
    }

    /** Everything that it says. */
    public JsonNode json() {
        return json;
    }

    /** Tokens by id, added ones too. */
    public Map<Integer, String> tokens() {
        return tokens;
    }

    /** The pairs that byte-pair encoding joins, the first ones first; empty where another method is used. */
    public List<String[]> merges() {
        return merges;
    }

    /** The size of the vocabulary: the largest id and one more. */
    public int vocabSize() {
        return tokens.isEmpty() ? 0 : tokens.lastKey() + 1;
    }

    /** Returns the tokenizer's meaning, which is one for all spellings. */
    public TokenizerIdentity identity() {
        return TokenizerIdentity.of(this);
    }
}
