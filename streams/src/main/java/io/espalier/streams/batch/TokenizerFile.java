package io.espalier.streams.batch;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/**
 * A tokenizer.json before the native library sees it. The library takes some faults for its own and aborts the process with
 * everything in it (tokenizers 0.21: a decoder that is no JSON, a Precompiled normalizer that is no map, merges without their
 * prefix); here each is a refusal.
 */
final class TokenizerFile {
    private static final int DEEPEST = 64;
    private static final long LARGEST = 512L << 20;
    private static final int UNIT = 4;
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .maxStringLength((int) LARGEST)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private TokenizerFile() {}

    /**
     * Refuses a file that the native library might not survive.
     *
     * @return its bytes
     */
    static byte[] require(Path file) throws IOException {
        if (Files.size(file) > LARGEST) {
            throw Refused.invalid(file, "size", Files.size(file), "must be at most " + LARGEST + " bytes");
        }
        byte[] bytes = Files.readAllBytes(file);
        JsonNode json = json(file, bytes);
        if (!json.isObject() || !json.path("model").isObject()) {
            throw Refused.invalid(file, "model", "absent", "must be an object");
        }
        requireValues(file, json);
        requireNormalizer(file, json.path("normalizer"));
        requirePrefix(file, json.path("model"));
        return bytes;
    }

    private static JsonNode json(Path file, byte[] bytes) throws IOException {
        try {
            // A file in another encoding than UTF-8 is none that the library reads.
            return JSON.readTree(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (JsonProcessingException e) {
            throw Refused.invalid(
                    file,
                    "content",
                    "no JSON (" + LaxJson.problem(e) + ")",
                    "must be one JSON object of at most " + DEEPEST + " levels");
        } catch (CharacterCodingException e) {
            throw Refused.invalid(file, "content", "not UTF-8", "must be UTF-8");
        }
    }

    /** What JSON allows and the library's parser does not. */
    private static void requireValues(Path file, JsonNode node) {
        if (node.isNumber() && !Double.isFinite(node.doubleValue())) {
            throw Refused.invalid(file, "content", "a number beyond all bounds", "must be of numbers of 64 bits");
        }
        if (node.isTextual()) {
            requirePaired(file, node.textValue());
        }
        node.fieldNames().forEachRemaining(name -> requirePaired(file, name));
        node.forEach(child -> requireValues(file, child));
    }

    private static void requirePaired(Path file, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw Refused.invalid(file, "content", "half a surrogate pair", "must be Unicode text");
        }
    }

    private static void requireNormalizer(Path file, JsonNode normalizer) {
        if (normalizer.path("type").asText().equals("Precompiled")) {
            requireMap(file, normalizer.path("precompiled_charsmap"));
        }
        normalizer.path("normalizers").forEach(each -> requireNormalizer(file, each));
    }

    /** SentencePiece's form: the size of a double array, the array, and the texts that it leads to. */
    private static void requireMap(Path file, JsonNode map) {
        boolean good;
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(map.isTextual() ? map.textValue() : ""))
                    .order(ByteOrder.LITTLE_ENDIAN);
            long size = bytes.remaining() < UNIT ? Long.MAX_VALUE : Integer.toUnsignedLong(bytes.getInt());
            good = size <= bytes.remaining() && size % UNIT == 0;
            if (good) {
                StandardCharsets.UTF_8.newDecoder().decode(bytes.position(bytes.position() + (int) size));
            }
        } catch (IllegalArgumentException | CharacterCodingException e) {
            good = false;
        }
        if (!good) {
            throw Refused.invalid(
                    file, "normalizer.precompiled_charsmap", "malformed", "must be a map as SentencePiece compiles it");
        }
    }

    private static void requirePrefix(Path file, JsonNode model) {
        String prefix = model.path("continuing_subword_prefix").asText("");
        if (prefix.isEmpty() || model.path("continuing_subword_prefix").isNull()) {
            return;
        }
        for (JsonNode merge : model.path("merges")) {
            String second =
                    merge.isArray() ? merge.path(1).asText() : merge.asText().replaceFirst("^[^ ]* ?", "");
            if (!second.startsWith(prefix)) {
                throw Refused.invalid(
                        file, "model.continuing_subword_prefix", prefix, "must begin the second part of every merge");
            }
        }
    }
}
