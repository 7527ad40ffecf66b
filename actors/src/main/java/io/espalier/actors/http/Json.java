package io.espalier.actors.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.StrictJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** JSON as this surface reads and writes it: one value, no name twice, no deep nesting. */
final class Json {
    private static final int LONGEST_EXCERPT = 200;

    private static final JsonMapper MAPPER = StrictJson.mapper();

    private Json() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /**
     * Reads an object.
     *
     * @throws Problem 400 where it is none
     */
    static ObjectNode parse(byte[] bytes) {
        try {
            if (MAPPER.readTree(bytes) instanceof ObjectNode object) {
                requireWholeCharacters(object);
                return object;
            }
        } catch (JsonProcessingException e) {
            throw new Problem(400, "malformed_json", "must be one JSON object: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new Problem(400, "malformed_json", "must be one JSON object");
    }

    /** Half a surrogate pair is no character: it cannot be written as UTF-8, and would become another text. */
    private static void requireWholeCharacters(JsonNode node) {
        node.properties().forEach(field -> {
            if (!StrictJson.isUnicode(field.getKey())
                    || !StrictJson.isUnicode(field.getValue().asText(""))) {
                throw Problem.invalid(
                        field.getKey(), field.getValue().asText(""), "must not hold half a surrogate pair");
            }
        });
        node.forEach(element -> {
            if (node.isArray() && !StrictJson.isUnicode(element.asText(""))) {
                throw Problem.invalid("element", element.asText(""), "must not hold half a surrogate pair");
            }
            requireWholeCharacters(element);
        });
    }

    static byte[] bytes(JsonNode node) {
        try {
            return MAPPER.writeValueAsBytes(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static String text(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns a client's text, cut to a length that may be said back; half surrogate pairs in it are replaced. */
    static String excerpt(String text) {
        String cut = text.length() <= LONGEST_EXCERPT ? text : text.substring(0, LONGEST_EXCERPT) + "...";
        return new String(cut.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
