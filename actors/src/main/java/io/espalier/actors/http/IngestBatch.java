package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.util.ByteString;

/**
 * The records of one request, line by line, and the lines that are none. A line is {@code {"text": ...}} or
 * {@code {"messages": [{"role": ..., "content": ...}, ...]}}, and may have a {@code "key"}.
 */
final class IngestBatch {
    private static final String KEY = "[ -~]{1,256}";
    private static final Set<String> FIELDS = Set.of("text", "messages", "key");

    private final HttpSettings.IngestSettings settings;
    private final Optional<String> onlyKey;
    private final List<Ingest.Item> items = new ArrayList<>();
    private final ArrayNode reasons = Json.object().arrayNode();
    private int lines;
    private int rejected;

    /**
     * Starts one.
     *
     * @param onlyKey of its only record, as a header gave it; empty for none
     */
    IngestBatch(HttpSettings.IngestSettings settings, Optional<String> onlyKey) {
        this.settings = settings;
        this.onlyKey = onlyKey;
    }

    /** Takes one record over several lines; what is none is taken line by line. */
    IngestBatch addDocument(byte[] document) {
        boolean one = document.length <= settings.line() && isObject(document);
        if (one) {
            add(document);
        } else {
            LineSplitter split = new LineSplitter(this::add).take(ByteString.fromArrayUnsafe(document));
            split.end();
        }
        return this;
    }

    private static boolean isObject(byte[] document) {
        try {
            Json.parse(document);
            return true;
        } catch (Problem several) {
            return false;
        }
    }

    /** Takes a line, or says what is wrong with it. */
    void add(byte[] line) {
        lines++;
        if (isBlank(line)) {
            return;
        }
        try {
            if (line.length > settings.line()) {
                throw new Problem(400, "line_too_long", "is longer than " + settings.line() + " bytes");
            }
            items.add(item(Json.parse(line)));
        } catch (Problem problem) {
            reject(problem.getMessage());
        }
        if (items.size() > settings.records()) {
            throw new Problem(413, "too_many_records", "takes at most " + settings.records() + " records");
        }
    }

    private static boolean isBlank(byte[] line) {
        for (byte b : line) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    private void reject(String reason) {
        rejected++;
        if (reasons.size() < settings.reasons()) {
            reasons.addObject().put("line", lines).put("reason", reason);
        }
    }

    private Ingest.Item item(ObjectNode line) {
        line.fieldNames().forEachRemaining(name -> {
            if (!FIELDS.contains(name)) {
                throw Problem.invalid(name, line.get(name), "is no field: known are text, messages and key");
            }
        });
        Fields fields = new Fields(line);
        Optional<String> key = fields.optionalText("key", KEY).or(() -> onlyKey);
        line.remove("key");
        if (line.size() != 1) {
            throw Problem.invalid("line", line, "must have text or messages, and not both");
        }
        if (line.has("text")) {
            requireText("text", line.get("text"));
        } else {
            requireMessages(line.get("messages"));
        }
        return new Ingest.Item(key, line);
    }

    private static void requireMessages(JsonNode messages) {
        if (!(messages instanceof ArrayNode list) || list.isEmpty()) {
            throw Problem.invalid("messages", messages, "must be a list of at least one message");
        }
        for (JsonNode message : list) {
            if (message.size() != 2) {
                throw Problem.invalid("messages", message, "must have role and content, and nothing else");
            }
            requireText("role", message.path("role"));
            requireText("content", message.path("content"));
        }
    }

    private static void requireText(String name, JsonNode value) {
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw Problem.invalid(name, value, "must be a text that is not empty");
        }
    }

    /**
     * The records that are to be stored.
     *
     * @throws Problem 400 where nothing is
     */
    List<Ingest.Item> items() {
        if (items.isEmpty()) {
            throw new Problem(400, "no_records", "has no record that could be taken", rejections());
        }
        if (onlyKey.isPresent() && items.size() > 1) {
            throw Problem.invalid(
                    OperateRoutes.OPERATION, onlyKey.get(), "names one record, and there are " + items.size());
        }
        return items;
    }

    /** The answer, once they are stored. */
    ObjectNode answer(Ingest.Outcome.Stored stored) {
        ObjectNode answer = Json.object();
        answer.put("accepted", stored.accepted());
        answer.put("duplicates", stored.duplicates());
        answer.setAll(rejections());
        return answer;
    }

    private ObjectNode rejections() {
        ObjectNode told = Json.object();
        told.put("rejected", rejected);
        told.set("reasons", reasons);
        told.put("truncated", rejected > reasons.size());
        return told;
    }
}
