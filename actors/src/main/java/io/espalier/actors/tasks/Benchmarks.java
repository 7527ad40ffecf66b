package io.espalier.actors.tasks;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.ModelScorer;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.eval.Continuations;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Torch;
import io.espalier.streams.batch.Beginning;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.tasks.Task;
import io.espalier.streams.tasks.TaskPart;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Benchmarks that one model is asked, or two.
 *
 * @param tasks each with its parts
 * @param rows of one pass
 * @param log file to which each answer is written as a line of JSON; null for none
 */
public record Benchmarks(List<List<TaskPart>> tasks, ComputeSettings compute, Beginning beginning, int rows, Path log) {
    /** Reads the data of benchmarks: whatever is wrong with them is found before a model is loaded. */
    public static List<List<TaskPart>> read(List<String> names, TaskPart.Settings settings) {
        List<Task> tasks = names.stream().map(Task::named).distinct().toList();
        return tasks.stream().map(task -> TaskPart.read(task, settings)).toList();
    }

    /** Questions of all tasks. */
    public long questions() {
        return tasks.stream()
                .flatMap(List::stream)
                .mapToLong(part -> part.asked().size())
                .sum();
    }

    /**
     * Results of the model and of its teacher, in the same order.
     *
     * @param teacher empty where there is no teacher
     */
    public record Results(List<TaskResult> model, List<TaskResult> teacher) {}

    /**
     * Asks all questions.
     *
     * @param teacher null for the model alone
     * @param onAsked called with the number of questions that have been answered so far
     */
    public Results ask(Path model, Path teacher, LongConsumer onAsked) {
        long[] asked = {0};
        LongConsumer more = count -> {
            asked[0] += count;
            onAsked.accept(asked[0]);
        };
        try (BufferedWriter lines = log == null ? null : Files.newBufferedWriter(log)) {
            List<TaskResult> students = results(model, "model", lines, more);
            List<TaskResult> teachers = teacher == null ? List.of() : results(teacher, "teacher", lines, more);
            return new Results(students, teachers);
        } catch (IOException e) {
            throw DiskFault.failure(log, e);
        }
    }

    private List<TaskResult> results(Path model, String role, BufferedWriter lines, LongConsumer onAsked) {
        List<TaskResult> results = new ArrayList<>();
        try (ModelDirectory directory = ModelDirectory.open(model);
                Tokenizer tokenizer = Tokenizer.open(model);
                Torch torch = compute.open();
                Weights weights = ModelScorer.load(torch, directory)) {
            Evaluator.Loaded loaded = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
            Continuations continuations = new Continuations(torch, compute.head(), loaded, rows);
            TaskScorer scorer = new TaskScorer(model, tokenizer, torch, loaded, continuations, beginning);
            for (List<TaskPart> parts : tasks) {
                results.addAll(scorer.score(parts, onAsked, (part, answers) -> {
                    for (int i = 0; lines != null && i < answers.size(); i++) {
                        write(lines, line(role, part, i, answers.get(i)));
                    }
                }));
            }
        }
        return results;
    }

    private static ObjectNode line(String role, TaskPart part, int item, Answered answer) {
        ObjectNode line = LaxJson.mapper().createObjectNode();
        line.put("model", role).put("task", part.task().title());
        if (!part.name().isEmpty()) {
            line.put("subject", part.name());
        }
        line.put("item", item).put("where", answer.where());
        if (answer.written() == null) {
            answer.logLikelihoods().forEach(line.putArray("log_likelihoods")::add);
            line.put("answer", answer.gold());
        } else {
            line.put("written", answer.written());
        }
        List<String> measures = TaskResult.measures(part.task());
        for (int m = 0; m < measures.size(); m++) {
            line.put(measures.get(m), answer.verdicts().get(m));
        }
        return line.put("truncated", answer.truncated());
    }

    private void write(BufferedWriter lines, ObjectNode line) {
        try {
            lines.write(line.toString());
            lines.newLine();
        } catch (IOException e) {
            throw DiskFault.failure(log, e);
        }
    }
}
