package io.espalier.streams.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.util.List;
import java.util.Map;

/**
 * A JSON record that has an answer to learn: messages, ShareGPT's conversations, or a prompt and a completion (an input
 * and an output), which are texts or messages. The fields that every chat template relies on are checked, and the
 * others go to it as they are.
 */
final class ChatRecord {
    /** The names of the shapes, as refusals list them. */
    static final String SHAPES = "messages, conversations, prompt and completion, input and output";

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.USE_LONG_FOR_INTS);
    private static final TypeReference<List<Map<String, Object>>> MESSAGES = new TypeReference<>() {};
    private static final TypeReference<List<Object>> LIST = new TypeReference<>() {};
    private static final TypeReference<Map<String, Object>> MAP = new TypeReference<>() {};

    private final JsonNode json;
    private final long length;
    private final String where;
    private final Provenance provenance;

    private ChatRecord(JsonNode json, long length, String where, Provenance provenance) {
        this.json = json;
        this.length = length;
        this.where = where;
        this.provenance = provenance;
    }

    static boolean isOne(JsonNode json) {
        return json.has("messages")
                || json.has("conversations")
                || (json.has("prompt") && json.has("completion"))
                || (json.has("input") && json.has("output"));
    }

    static Document read(JsonNode json, long length, String where, Provenance provenance) {
        ChatRecord record = new ChatRecord(json, length, where, provenance);
        if (json.has("messages")) {
            return record.chat("messages", json.path("messages"), 0);
        }
        if (json.has("conversations")) {
            return record.chat("conversations", new ShareGpt(where).messages(json), 0);
        }
        return json.has("prompt") && json.has("completion")
                ? record.answered("prompt", "completion")
                : record.answered("input", "output");
    }

    /** Two texts, or two lists of messages. */
    private Document answered(String prompt, String answer) {
        JsonNode asked = json.path(prompt);
        JsonNode answered = json.path(answer);
        if (json.has("instruction")) {
            throw Refused.invalid(
                    where,
                    "instruction",
                    "there beside " + prompt,
                    "must be put into " + prompt + ", or into messages");
        }
        if (asked.isArray() && answered.isArray()) {
            requireMessages(prompt, asked);
            ArrayNode all = JsonNodeFactory.instance.arrayNode();
            asked.forEach(all::add);
            answered.forEach(all::add);
            return chat(answer, all, asked.size());
        }
        requireText(prompt, asked);
        requireText(answer, answered);
        if (answered.asText().isEmpty()) {
            throw Refused.invalid(where, answer, "''", "must not be empty: it is what is learnt");
        }
        return new Document.Answered(asked.asText(), answered.asText(), provenance);
    }

    private void requireText(String field, JsonNode value) {
        if (!value.isTextual()) {
            throw Refused.invalid(where, field, shown(value), "must be a text, or both must be lists of messages");
        }
        StrictUtf8.requireEncodable(where, field, value.asText());
    }

    private Document.Chat chat(String field, JsonNode messages, int learntFrom) {
        requireMessages(field, messages);
        boolean answered = false;
        for (int i = learntFrom; i < messages.size(); i++) {
            answered |= messages.get(i).path("role").asText().equals("assistant");
        }
        if (!answered) {
            throw Refused.invalid(where, field, "without an assistant's turn", "must have one: it is what is learnt");
        }
        JsonNode variables = json.path("chat_template_kwargs");
        if (!absent(variables) && !variables.isObject()) {
            throw Refused.invalid(where, "chat_template_kwargs", variables, "must be an object");
        }
        return new Document.Chat(
                JSON.convertValue(messages, MESSAGES),
                learntFrom,
                tools(),
                absent(variables) ? Map.of() : JSON.convertValue(variables, MAP),
                length,
                provenance);
    }

    /** A list, or text that spells one. */
    private List<Object> tools() {
        JsonNode tools = json.path("tools");
        if (absent(tools) || (tools.isTextual() && tools.asText().isBlank())) {
            return null;
        }
        try {
            JsonNode list = tools.isTextual() ? JSON.readTree(tools.asText()) : tools;
            if (list.isArray()) {
                return JSON.convertValue(list, LIST);
            }
        } catch (JsonProcessingException _) {
            // Refused below, as any other value is.
        }
        throw Refused.invalid(where, "tools", tools, "must be a list, or the text of one in JSON");
    }

    private void requireMessages(String field, JsonNode messages) {
        if (!messages.isArray() || messages.isEmpty()) {
            throw Refused.invalid(where, field, messages, "must be a list of messages");
        }
        for (int i = 0; i < messages.size(); i++) {
            requireMessage(messages.get(i), field + "[" + i + "]");
        }
    }

    private void requireMessage(JsonNode message, String field) {
        JsonNode role = message.path("role");
        if (!role.isTextual()) {
            throw Refused.invalid(where, field + ".role", shown(role), "must be a text, such as user or assistant");
        }
        JsonNode content = message.path("content");
        boolean calls = message.path("tool_calls").isArray();
        if (content.isArray()) {
            requireTexts(content, field + ".content");
        } else if (!content.isTextual() && !(calls && absent(content))) {
            throw Refused.invalid(where, field + ".content", shown(content), "must be a text, or a list of texts");
        }
        StrictUtf8.requireEncodable(where, field, message.toString());
    }

    private void requireTexts(JsonNode parts, String field) {
        for (int i = 0; i < parts.size(); i++) {
            if (!parts.get(i).path("type").asText().equals("text")
                    || !parts.get(i).path("text").isTextual()) {
                throw Refused.invalid(
                        where,
                        field + "[" + i + "]",
                        parts.get(i),
                        "must have type \"text\" and a text: no other is read");
            }
        }
    }

    private static boolean absent(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }

    private static Object shown(JsonNode value) {
        return value.isMissingNode() ? "absent" : value;
    }
}
