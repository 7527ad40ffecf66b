package io.espalier.streams.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Refused;
import io.espalier.streams.source.FieldReader;
import io.espalier.streams.source.StrictUtf8;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A row of a data set, whose fields are refused by file, row, name and rule where they are not what a task needs.
 *
 * @param json an object
 * @param where file and row
 */
record TaskRow(JsonNode json, String where) {
    TaskRow(FieldReader.Fields fields) {
        this(fields.fields(), fields.where());
    }

    private JsonNode field(String name) {
        JsonNode value = json;
        for (String part : name.split("\\.", -1)) {
            value = value.path(part);
        }
        if (value.isMissingNode()) {
            List<String> there = new ArrayList<>();
            json.fieldNames().forEachRemaining(there::add);
            throw Refused.invalid(where, name, "absent", "must be there (fields: " + there + ")");
        }
        return value;
    }

    /** Whether there is such a field. */
    boolean has(String name) {
        return json.has(name);
    }

    /** A text, which may be empty. */
    String text(String name) {
        return text(name, field(name));
    }

    private String text(String name, JsonNode value) {
        if (value.isBinary()) {
            try {
                byte[] bytes = value.binaryValue();
                return StrictUtf8.decode(bytes, bytes.length, where + ": " + name);
            } catch (IOException e) {
                throw new UncheckedIOException(where, e);
            }
        }
        if (!value.isTextual()) {
            throw Refused.invalid(where, name, value, "must be a text");
        }
        StrictUtf8.requireEncodable(where, name, value.textValue());
        return value.textValue();
    }

    /** A list of two texts at least; a field of a structure is named with a dot. */
    List<String> texts(String name) {
        JsonNode list = field(name);
        if (!list.isArray() || list.size() < 2) {
            throw Refused.invalid(where, name, list, "must be a list of two texts at least");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : list) {
            texts.add(text(name, element));
        }
        return texts;
    }

    /** The number of a choice, which may be spelt as a number or as a text of digits. */
    int choice(String name, int choices) {
        JsonNode value = field(name);
        int number = value.isIntegralNumber() && value.canConvertToInt()
                ? value.intValue()
                : value.isTextual() && value.textValue().matches("\\d{1,9}") ? Integer.parseInt(value.textValue()) : -1;
        if (number < 0 || number >= choices) {
            throw Refused.invalid(where, name, value, "must be the number of a choice, 0 to " + (choices - 1));
        }
        return number;
    }

    /** The place of a label among those of the choices. */
    int choice(String name, String label, List<String> labels) {
        int place = labels.indexOf(label);
        if (place < 0) {
            throw Refused.invalid(where, name, "'" + label + "'", "must be one of " + labels);
        }
        return place;
    }

    /** A truth, or 0 or 1, as a number. */
    int truth(String name) {
        JsonNode value = field(name);
        return value.isBoolean() ? (value.booleanValue() ? 1 : 0) : choice(name, 2);
    }
}
