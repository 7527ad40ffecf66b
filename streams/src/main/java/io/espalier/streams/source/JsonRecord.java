package io.espalier.streams.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;

/** A document as a JSON object says it. */
public final class JsonRecord {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private JsonRecord() {}

    /**
     * The text where the object has one, else its conversation.
     *
     * @param where the record stands, as messages name it
     * @throws Refused where it is no such object
     */
    public static Document read(String json, String textField, String where, Provenance provenance) {
        try {
            JsonNode node = JSON.readTree(json);
            JsonNode text = node.path(textField);
            if (text.isMissingNode() && ChatRecord.isOne(node)) {
                return ChatRecord.read(node, json.length(), where, provenance);
            }
            if (!text.isTextual()) {
                throw Refused.invalid(
                        where,
                        textField,
                        text.isMissingNode() ? "absent" : text,
                        "must be a text (--text-field names the field)"
                                + (text.isMissingNode() ? ", or one of " + ChatRecord.SHAPES + " must be there" : ""));
            }
            StrictUtf8.requireEncodable(where, textField, text.asText());
            return new Document.Text(text.asText(), provenance);
        } catch (JsonProcessingException e) {
            throw Refused.invalid(where, "line", "no JSON (" + LaxJson.problem(e) + ")", "must be a JSON object");
        }
    }
}
