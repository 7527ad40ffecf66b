package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.StrictJson;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;

/**
 * Values that are well formed and that the native library does not survive (tokenizers 0.21): numbers beyond all bounds, half
 * surrogate pairs, and a Precompiled normalizer whose map is none.
 */
final class TokenizerHazards {
    private static final int UNIT = 4;

    private final Path file;

    TokenizerHazards(Path file) {
        this.file = file;
    }

    void check(JsonNode json) {
        values(json);
        normalizer(json.path("normalizer"));
    }

    private void values(JsonNode node) {
        if (node.isNumber() && !Double.isFinite(node.doubleValue())) {
            throw Refused.invalid(file, "content", "a number beyond all bounds", "must be of numbers of 64 bits");
        }
        if (node.isTextual()) {
            text(node.textValue());
        }
        node.fieldNames().forEachRemaining(this::text);
        node.forEach(this::values);
    }

    private void text(String text) {
        if (!StrictJson.isUnicode(text)) {
            throw Refused.invalid(file, "content", "half a surrogate pair", "must be Unicode text");
        }
    }

    private void normalizer(JsonNode normalizer) {
        if (normalizer.path("type").asText().equals("Precompiled")
                && !isMap(normalizer.path("precompiled_charsmap").asText(""))) {
            throw Refused.invalid(
                    file, "normalizer.precompiled_charsmap", "malformed", "must be a map as SentencePiece compiles it");
        }
        normalizer.path("normalizers").forEach(this::normalizer);
    }

    /** SentencePiece's form: the size of a double array, the array, and the texts that it leads to. */
    private static boolean isMap(String base64) {
        try {
            ByteBuffer bytes =
                    ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
            long size = bytes.remaining() < UNIT ? Long.MAX_VALUE : Integer.toUnsignedLong(bytes.getInt());
            if (size > bytes.remaining() || size % UNIT != 0) {
                return false;
            }
            StandardCharsets.UTF_8.newDecoder().decode(bytes.position(bytes.position() + (int) size));
            return true;
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return false;
        }
    }
}
