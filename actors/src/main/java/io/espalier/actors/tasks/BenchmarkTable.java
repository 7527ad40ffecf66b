package io.espalier.actors.tasks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.choices.Accuracy;
import io.espalier.actors.report.Table;
import java.util.ArrayList;
import java.util.List;

/** Results of benchmarks, the teacher's beside the model's, as a table and as JSON. */
public final class BenchmarkTable {
    private static final int PERCENT = 100;

    private BenchmarkTable() {}

    /** A row for each measure of each benchmark and subject, in percent. */
    public static Table table(Benchmarks.Results results) {
        boolean taught = !results.teacher().isEmpty();
        Table table = taught
                ? new Table(
                        "task", "measure", "shots", "questions", "teacher %", "error", "model %", "error", "truncated")
                : new Table("task", "measure", "shots", "questions", "model %", "error", "truncated");
        for (int i = 0; i < results.model().size(); i++) {
            TaskResult result = results.model().get(i);
            TaskResult teacher = taught ? results.teacher().get(i) : null;
            String name = result.task().title() + (result.subject().isEmpty() ? "" : ": " + result.subject());
            result.measures().forEach((measure, accuracy) -> {
                List<String> cells = new ArrayList<>(
                        List.of(name, measure, Table.count(result.shots()), Table.count(accuracy.asked())));
                if (taught) {
                    cells.addAll(List.of(share(teacher, measure), error(teacher, measure)));
                }
                cells.addAll(
                        List.of(share(result, measure), error(result, measure), Table.count(accuracy.truncated())));
                table.row(cells.toArray(String[]::new));
            });
        }
        return table;
    }

    private static String share(TaskResult result, String measure) {
        return Table.number(PERCENT * result.measures().get(measure).share(), 2);
    }

    private static String error(TaskResult result, String measure) {
        return Table.number(PERCENT * result.errors().get(measure), 2);
    }

    /** Adds an object by task, and inside it one by subject. */
    public static void put(ObjectNode json, Benchmarks.Results results) {
        for (int i = 0; i < results.model().size(); i++) {
            TaskResult result = results.model().get(i);
            ObjectNode task =
                    json.withObject("/tasks").withObject("/" + result.task().title());
            ObjectNode place = result.subject().isEmpty()
                    ? task
                    : task.withObject("/subjects").putObject(result.subject());
            place.put("shots", result.shots());
            ObjectNode measures = place.putObject("measures");
            for (String measure : result.measures().keySet()) {
                ObjectNode found = measures.putObject(measure);
                put(found, result, measure);
                if (!results.teacher().isEmpty()) {
                    put(found.putObject("teacher"), results.teacher().get(i), measure);
                }
            }
        }
    }

    private static void put(ObjectNode json, TaskResult result, String measure) {
        Accuracy accuracy = result.measures().get(measure);
        json.put("value", accuracy.share()).put("questions", accuracy.asked()).put("right", accuracy.right());
        double error = result.errors().get(measure);
        if (!Double.isNaN(error)) {
            json.put("stderr", error);
        }
        json.put("low", accuracy.low()).put("high", accuracy.high());
        json.put("truncated", accuracy.truncated());
    }
}
