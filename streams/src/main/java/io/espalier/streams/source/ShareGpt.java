package io.espalier.streams.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.util.Map;

/** Conversations as ShareGPT writes them: who speaks in {@code from}, the text in {@code value}. */
record ShareGpt(String where) {
    private static final String FIELD = "conversations";
    private static final Map<String, String> ROLES = Map.of(
            "human", "user",
            "user", "user",
            "gpt", "assistant",
            "chatgpt", "assistant",
            "assistant", "assistant",
            "system", "system",
            "tool", "tool",
            "observation", "tool",
            "function_response", "tool");

    /**
     * Returns the conversation as messages with a role and a content; turns that have these already stay as they are.
     */
    JsonNode messages(JsonNode json) {
        JsonNode turns = json.path(FIELD);
        ArrayNode messages = JsonNodeFactory.instance.arrayNode();
        JsonNode system = json.path("system");
        if (system.isTextual() && !system.asText().isEmpty()) {
            messages.add(message("system", system));
        }
        if (!turns.isArray() || turns.isEmpty()) {
            throw Refused.invalid(where, FIELD, turns, "must be a list of turns");
        }
        for (int i = 0; i < turns.size(); i++) {
            messages.add(turns.get(i).has("role") ? turns.get(i) : turn(turns.get(i), FIELD + "[" + i + "]"));
        }
        return messages;
    }

    private ObjectNode turn(JsonNode turn, String field) {
        String role = ROLES.get(turn.path("from").asText());
        if (role == null) {
            throw Refused.invalid(
                    where,
                    field + ".from",
                    turn.has("from") ? turn.path("from") : "absent",
                    "must be one of "
                            + String.join(", ", ROLES.keySet().stream().sorted().toList()));
        }
        if (!turn.path("value").isTextual()) {
            throw Refused.invalid(
                    where, field + ".value", turn.has("value") ? turn.path("value") : "absent", "must be a text");
        }
        return message(role, turn.path("value"));
    }

    private static ObjectNode message(String role, JsonNode content) {
        ObjectNode message = JsonNodeFactory.instance.objectNode();
        message.put("role", role);
        message.set("content", content);
        return message;
    }
}
