package io.espalier.streams.source;

import static io.espalier.gpu.Refused.setting;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A document as a JSON object says it. */
public final class JsonRecord {
    private static final JsonFactory TOKENS = LaxJson.tokens();

    private JsonRecord() {}

    /**
     * The text where the object has one, else its conversation.
     *
     * @param where the record stands, as messages name it
     * @throws Refused where it is no such object
     */
    public static Document read(String json, String textField, String where, Provenance provenance) {
        return read(json, new ReadSettings(textField, Integer.MAX_VALUE), where, provenance);
    }

    /**
     * Reads a record as {@link #read(String, String, String, Provenance)} does; returns null where its text is null and
     * the settings pass over such records.
     */
    static Document read(String json, ReadSettings settings, String where, Provenance provenance) {
        String field = settings.textField();
        try {
            Found found = find(json, field);
            if (found.text != null) {
                StrictUtf8.requireEncodable(where, field, found.text);
                return new Document.Text(found.text, provenance);
            }
            if (found.isNull && settings.skipNulls()) {
                return null;
            }
            JsonNode node = LaxJson.mapper().readTree(json);
            JsonNode text = node.path(field);
            if (text.isMissingNode() && ChatRecord.isOne(node)) {
                return ChatRecord.read(node, json.length(), where, provenance);
            }
            String rule = found.isNull ? "; " + setting("null-text") + " skip passes over such records" : "";
            throw Refused.invalid(
                    where,
                    field,
                    text.isMissingNode() ? "absent" : text,
                    "must be a text (" + setting("text-field") + " names the field" + rule + ")"
                            + (text.isMissingNode() ? ", or one of " + ChatRecord.SHAPES + " must be there" : ""));
        } catch (JsonProcessingException e) {
            throw Refused.invalid(where, "line", "no JSON (" + problem(e) + ")", "must be a JSON object");
        } catch (IOException e) {
            throw new UncheckedIOException(where, e);
        }
    }

    /** A line is one line: the column tells where in it. */
    private static String problem(JsonProcessingException e) {
        return LaxJson.problem(e).replaceFirst("^line 1, ", "");
    }

    private record Found(String text, boolean isNull) {}

    /** Goes through all of the line, but makes values of nothing but the text: the others may be as long as they like. */
    private static Found find(String json, String field) throws IOException {
        Found found = new Found(null, false);
        try (JsonParser parser = TOKENS.createParser(json)) {
            boolean object = parser.nextToken() == JsonToken.START_OBJECT;
            while (object && parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean wanted = parser.currentName().equals(field);
                JsonToken value = parser.nextToken();
                if (wanted) {
                    found = new Found(
                            value == JsonToken.VALUE_STRING ? parser.getText() : null, value == JsonToken.VALUE_NULL);
                }
                parser.skipChildren();
            }
            if (object && parser.nextToken() != null) {
                throw new JsonParseException(parser, "something follows the object");
            }
            return found;
        }
    }
}
