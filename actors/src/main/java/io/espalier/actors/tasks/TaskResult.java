package io.espalier.actors.tasks;

import io.espalier.actors.choices.Accuracy;
import io.espalier.streams.tasks.Task;
import io.espalier.streams.tasks.WrittenAnswer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A benchmark, or one of its subjects, as one model has answered it.
 *
 * @param subject "" for all subjects together
 * @param shots solved examples before each question
 * @param measures accuracy by name
 * @param errors standard error of each, by name; NaN where there is one question alone
 */
public record TaskResult(
        Task task, String subject, int shots, Map<String, Accuracy> measures, Map<String, Double> errors) {
    /** The names of the measures of a benchmark, as lm-eval has them. */
    static List<String> measures(Task task) {
        return switch (task.measure()) {
            case PLAIN -> List.of("acc");
            case NORMED -> List.of("acc", "acc_norm");
            case WRITTEN ->
                Arrays.stream(WrittenAnswer.values())
                        .map(rule -> "exact_match," + rule.title())
                        .toList();
        };
    }

    /** The result of one part. */
    static TaskResult of(Task task, String subject, int shots, List<Answered> answers) {
        long truncated = answers.stream().filter(Answered::truncated).count();
        Map<String, Accuracy> measures = new LinkedHashMap<>();
        Map<String, Double> errors = new LinkedHashMap<>();
        List<String> names = measures(task);
        for (int m = 0; m < names.size(); m++) {
            int measure = m;
            long right = answers.stream().filter(a -> a.verdicts().get(measure)).count();
            Accuracy accuracy = new Accuracy(right, answers.size(), truncated);
            measures.put(names.get(m), accuracy);
            errors.put(names.get(m), error(accuracy));
        }
        return new TaskResult(task, subject, shots, measures, errors);
    }

    /** The standard error of the mean of truths, by the deviation of a sample. */
    private static double error(Accuracy accuracy) {
        long n = accuracy.asked();
        double p = accuracy.share();
        return n < 2 ? Double.NaN : Math.sqrt(p * (1 - p) / (n - 1));
    }

    /**
     * The parts of a benchmark, and before them, where there are several, all of them together: each question counts as
     * much as any other, and the error is that of pooled variances.
     */
    static List<TaskResult> withTotal(List<TaskResult> parts) {
        TaskResult first = parts.getFirst();
        if (parts.size() < 2) {
            return List.of(new TaskResult(first.task, "", first.shots, first.measures, first.errors));
        }
        Map<String, Accuracy> measures = new LinkedHashMap<>();
        Map<String, Double> errors = new LinkedHashMap<>();
        for (String name : first.measures.keySet()) {
            measures.put(
                    name, parts.stream().map(part -> part.measures.get(name)).reduce(Accuracy.NONE, Accuracy::plus));
            errors.put(name, pooled(parts, name));
        }
        List<TaskResult> all = new ArrayList<>(parts);
        all.addFirst(new TaskResult(first.task, "", first.shots, measures, errors));
        return all;
    }

    private static double pooled(List<TaskResult> parts, String name) {
        double variance = 0;
        long asked = 0;
        for (TaskResult part : parts) {
            long n = part.measures.get(name).asked();
            double error = part.errors.get(name);
            variance += (n - 1) * error * error * n;
            asked += n;
        }
        return Math.sqrt(variance / (asked - parts.size()) / asked);
    }
}
