package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.report.Table;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/** A daemon's answers for a terminal. */
final class AnswerText {
    private static final MathContext DIGITS = new MathContext(3);
    private static final Pattern MOMENT = Pattern.compile("(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)\\.\\d+Z");
    private static final int DIGEST_SHOWN = 12;

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

    /** The result of an operation, or its state where it has none. */
    static String operation(JsonNode operation) {
        JsonNode result = operation.path("result");
        return result.isObject()
                ? fields(result)
                : "operation " + operation.path("operationId").asText() + " is "
                        + operation.path("state").asText().toLowerCase(Locale.ROOT);
    }

    /** The state of a job, on one line. */
    static String line(JsonNode job) {
        return "%s  %s  step %s  loss %s  kl %s  published %s"
                .formatted(
                        cell(job.path("time")),
                        cell(job.path("state")),
                        cell(job.path("step")),
                        cell(job.path("loss")),
                        cell(job.path("kl")),
                        cell(job.path("published")));
    }

    /** Checkpoints with the records of each source that are part of them. */
    static String ledger(JsonNode answer) {
        Table table = new Table("step", "records", "dead", "duplicates", "sha256");
        for (JsonNode entry : answer.path("ledger")) {
            String sha256 = entry.path("sha256").asText();
            table.row(
                    cell(entry.path("step")),
                    ranges(entry.path("ranges")),
                    cell(entry.path("dead")),
                    cell(entry.path("duplicates")),
                    sha256.substring(0, Math.min(DIGEST_SHOWN, sha256.length())));
        }
        String cut = answer.path("truncated").asBoolean()
                ? "\nThe last %d of %d checkpoints."
                        .formatted(
                                answer.path("ledger").size(),
                                answer.path("total").asLong())
                : "";
        return table.toText() + cut;
    }

    private static String ranges(JsonNode ranges) {
        StringJoiner joined = new StringJoiner("; ");
        joined.setEmptyValue("-");
        for (JsonNode range : ranges) {
            // Offsets of another log of the same partition are no neighbours of these.
            String log = range.path("log").asInt() == 0
                    ? ""
                    : " log " + range.path("log").asInt();
            joined.add("%s/%d%s [%d, %d)"
                    .formatted(
                            range.path("source").asText(),
                            range.path("partition").asInt(),
                            log,
                            range.path("from").asLong(),
                            range.path("to").asLong()));
        }
        return joined.toString();
    }

    private static String cell(JsonNode value) {
        if (value.isMissingNode() || value.isNull() || value.asText().isEmpty()) {
            return "-";
        }
        if (value.isIntegralNumber()) {
            return Long.toString(value.asLong());
        }
        return value.isNumber()
                ? number(value.asDouble())
                : MOMENT.matcher(value.asText()).replaceFirst("$1Z");
    }

    /** Three significant digits, and of a large number all that stand before the point. */
    static String number(double value) {
        double size = Math.abs(value);
        if (!Double.isFinite(value)) {
            return Table.number(Double.NaN, 0);
        }
        if (size != 0 && (size < 1e-3 || size >= 1e6)) {
            return String.format(Locale.ROOT, "%.2e", value);
        }
        return size >= 1000
                ? Table.number(value, 0)
                : BigDecimal.valueOf(value).round(DIGITS).stripTrailingZeros().toPlainString();
    }
}
