package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.regex.Pattern;

/**
 * The part of a request's body that may be logged: secrets are left out, by the names of fields and by the form of
 * addresses, and so are the properties that a source of text hands to its client.
 */
final class Redaction {
    private static final String LEFT_OUT = "(redacted)";
    private static final Pattern SECRET = Pattern.compile(
            "password|passwd|secret|token|credential|jaas|private|api.?key|authorization|^properties$",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern USER_INFO = Pattern.compile("://[^/@\\s]*@");

    private Redaction() {}

    /** A copy without secrets, whose texts are cut to a length that may be logged. */
    static JsonNode of(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                ObjectNode copy = Json.object();
                object.properties()
                        .forEach(field -> copy.set(Json.excerpt(field.getKey()), of(field.getKey(), field.getValue())));
                yield copy;
            }
            case ArrayNode array -> {
                ArrayNode copy = array.arrayNode();
                array.forEach(element -> copy.add(of(element)));
                yield copy;
            }
            case TextNode text ->
                TextNode.valueOf(
                        Json.excerpt(USER_INFO.matcher(text.textValue()).replaceAll("://" + LEFT_OUT + "@")));
            default -> node;
        };
    }

    private static JsonNode of(String name, JsonNode value) {
        return SECRET.matcher(name).find() ? TextNode.valueOf(LEFT_OUT) : of(value);
    }
}
