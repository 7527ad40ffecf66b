package io.espalier.actors.health;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;

/** JSON as the answers have it: times in RFC 3339, no NaN, and cut lists that say so. */
final class AnswerJson {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private AnswerJson() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static ArrayNode array() {
        return MAPPER.createArrayNode();
    }

    /** An answer that says when it was put together. */
    static ObjectNode at(Instant time) {
        return object().put("time", time.toString());
    }

    /** An object on a line; null where it is none. */
    static ObjectNode parse(String line) {
        try {
            return MAPPER.readTree(line) instanceof ObjectNode node ? node : null;
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    /** The number, or null where there is none. */
    static void number(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.putNull(name);
        }
    }

    /** Puts the last elements of a list, at most that many, with the number of all. */
    static <T extends JsonNode> void last(ObjectNode node, String name, List<T> all, int most) {
        ArrayNode list = node.putArray(name);
        all.subList(Math.max(0, all.size() - most), all.size()).forEach(list::add);
        node.put("total", all.size()).put("truncated", all.size() > most);
    }
}
