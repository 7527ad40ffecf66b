package io.espalier.streams.source;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.util.List;
import java.util.Map;

/** A JSON record with {@code messages}: what every chat template relies on is checked, the rest goes to it as it is. */
final class ChatRecord {
    static final String FIELD = "messages";

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.USE_LONG_FOR_INTS);
    private static final TypeReference<List<Map<String, Object>>> MESSAGES = new TypeReference<>() {};
    private static final TypeReference<List<Object>> TOOLS = new TypeReference<>() {};

    private ChatRecord() {}

    static Document.Chat read(JsonNode json, long length, String where, Provenance provenance) {
        JsonNode messages = json.path(FIELD);
        if (!messages.isArray() || messages.isEmpty()) {
            throw Refused.invalid(where, FIELD, messages, "must be a list of messages");
        }
        boolean answered = false;
        for (int i = 0; i < messages.size(); i++) {
            answered |= requireMessage(messages.get(i), where, FIELD + "[" + i + "]");
        }
        if (!answered) {
            throw Refused.invalid(where, FIELD, "without an assistant's turn", "must have one: it is what is learnt");
        }
        JsonNode tools = json.path("tools");
        if (!tools.isMissingNode() && !tools.isNull() && !tools.isArray()) {
            throw Refused.invalid(where, "tools", tools, "must be a list");
        }
        return new Document.Chat(
                JSON.convertValue(messages, MESSAGES),
                tools.isArray() ? JSON.convertValue(tools, TOOLS) : null,
                length,
                provenance);
    }

    /** Whether it is the assistant's. */
    private static boolean requireMessage(JsonNode message, String where, String field) {
        JsonNode role = message.path("role");
        if (!role.isTextual()) {
            throw Refused.invalid(where, field + ".role", shown(role), "must be a text, such as user or assistant");
        }
        JsonNode content = message.path("content");
        boolean calls = message.path("tool_calls").isArray();
        if (!content.isTextual() && !(calls && (content.isNull() || content.isMissingNode()))) {
            throw Refused.invalid(where, field + ".content", shown(content), "must be a text");
        }
        StrictUtf8.requireEncodable(where, field, message.toString());
        return role.asText().equals("assistant");
    }

    private static Object shown(JsonNode value) {
        return value.isMissingNode() ? "absent" : value;
    }
}
