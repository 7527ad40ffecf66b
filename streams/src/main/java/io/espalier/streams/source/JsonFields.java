package io.espalier.streams.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;

/** A JSON object a line. */
final class JsonFields implements FieldReader {
    private final LineReader lines;

    JsonFields(TextFile file, int maxLineBytes) {
        this.lines = new LineReader(file, maxLineBytes);
    }

    @Override
    public Fields next() {
        String line = lines.next();
        if (line == null) {
            return null;
        }
        try {
            JsonNode row = LaxJson.mapper().readTree(line);
            if (!row.isObject()) {
                throw Refused.invalid(lines.where(), "line", row.getNodeType(), "must be a JSON object");
            }
            return new Fields(row, lines.where());
        } catch (JsonProcessingException e) {
            throw Refused.invalid(
                    lines.where(), "line", "no JSON (" + LaxJson.problem(e) + ")", "must be a JSON object");
        }
    }

    @Override
    public void close() {
        lines.close();
    }
}
