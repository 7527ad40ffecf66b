package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.report.Table;
import java.util.List;

/** A daemon's answers for a terminal. */
final class AnswerText {
    private static final int DECIMALS = 4;

    private AnswerText() {}

    /** The objects of a list, with these of their fields as columns. */
    static String rows(JsonNode list, List<String> columns) {
        Table table = new Table(columns.toArray(String[]::new));
        for (JsonNode entry : list) {
            table.row(columns.stream().map(column -> cell(entry.path(column))).toArray(String[]::new));
        }
        return table.toText();
    }

    /** The fields of an object that are no objects themselves. */
    static String fields(JsonNode object) {
        Table table = new Table("field", "value");
        object.properties().forEach(field -> {
            if (field.getValue().isValueNode() && !field.getValue().asText().isEmpty()) {
                table.row(field.getKey(), cell(field.getValue()));
            }
        });
        return table.toText();
    }

    /** What an operation came to. */
    static String operation(JsonNode operation) {
        JsonNode result = operation.path("result");
        return result.isObject()
                ? fields(result)
                : "operation " + operation.path("operationId").asText() + " is "
                        + operation.path("state").asText().toLowerCase(java.util.Locale.ROOT);
    }

    private static String cell(JsonNode value) {
        if (value.isMissingNode() || value.isNull() || value.asText().isEmpty()) {
            return "-";
        }
        if (value.isIntegralNumber()) {
            return Long.toString(value.asLong());
        }
        return value.isNumber() ? shortest(value.asDouble()) : value.asText();
    }

    private static String shortest(double value) {
        return Math.abs(value) >= 1e-3 || value == 0 ? Table.number(value, DECIMALS) : Double.toString(value);
    }
}
