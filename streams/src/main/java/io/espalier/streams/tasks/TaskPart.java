package io.espalier.streams.tasks;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The questions of a benchmark, or of one of its subjects.
 *
 * @param name of the subject; "" where there is one part alone
 * @param shots solved examples before each question
 */
public record TaskPart(Task task, String name, int shots, List<Asked> asked) {
    /**
     * A question with everything before it. A model that chooses is given context and continuation of each choice; one that
     * writes, the context alone.
     *
     * @param where file and row
     * @param answers of each choice; of a question to be answered in writing, the solution
     * @param gold the number of the right choice
     */
    public record Asked(String where, List<String> contexts, List<String> answers, int gold) {
        /** Text behind the context: a blank, and the answer. */
        public String continuation(int choice) {
            return " " + answers.get(choice);
        }
    }

    /**
     * The data of a benchmark, and the share of them that is asked.
     *
     * @param directory that holds the data sets
     * @param shots null for each task's own number
     * @param limit questions at most of each part; null for all
     * @param seed of the draw of examples
     * @param maxLineBytes longest JSON line
     */
    public record Settings(Path directory, Integer shots, Integer limit, long seed, int maxLineBytes) {
        public Settings {
            if (shots != null && shots < 0) {
                throw Refused.usage("shots", shots, "must not be negative");
            }
            if (limit != null && limit < 1) {
                throw Refused.usage("limit", limit, "must be at least 1");
            }
        }
    }

    /** Reads a benchmark: its only part, or its subjects in the order of their names. */
    public static List<TaskPart> read(Task task, Settings settings) {
        TaskFiles files = new TaskFiles(task.data(), settings.directory(), settings.maxLineBytes());
        Path folder = files.folder();
        int shots = settings.shots() == null ? task.shots() : settings.shots();
        long most = settings.limit() == null ? Long.MAX_VALUE : settings.limit();
        if (task != Task.MMLU) {
            List<TaskRow> asked = files.rows(folder, task.data().asked(), most);
            List<TaskRow> pool =
                    shots == 0 ? List.of() : files.rows(folder, task.data().solved(), Long.MAX_VALUE);
            return List.of(part(task, "", shots, asked, pool, settings.seed(), folder));
        }
        Map<String, Path> subjects = subjects(files, folder, task);
        if (!subjects.isEmpty()) {
            List<TaskPart> parts = new ArrayList<>();
            subjects.forEach((subject, place) -> {
                List<TaskRow> asked = files.rows(place, task.data().asked(), most);
                List<TaskRow> pool =
                        shots == 0 ? List.of() : files.rows(place, task.data().solved(), shots);
                parts.add(part(task, subject, shots, asked, pool, settings.seed(), place));
            });
            return parts;
        }
        return together(task, files, folder, shots, most, settings.seed());
    }

    /** The folders of subjects; the one called all holds them together. */
    private static Map<String, Path> subjects(TaskFiles files, Path folder, Task task) {
        Map<String, Path> subjects = new TreeMap<>();
        try (Stream<Path> entries = Files.list(folder)) {
            entries.filter(Files::isDirectory)
                    .filter(place -> !place.getFileName().toString().equals("all"))
                    .filter(place -> files.has(place, task.data().asked()))
                    .forEach(place -> subjects.put(place.getFileName().toString(), place));
        } catch (IOException e) {
            throw new UncheckedIOException(folder.toString(), e);
        }
        return subjects;
    }

    /** Subjects that lie in one file, told apart by their column. */
    private static List<TaskPart> together(Task task, TaskFiles files, Path folder, int shots, long most, long seed) {
        Path all = Files.isDirectory(folder.resolve("all")) ? folder.resolve("all") : folder;
        Map<String, List<TaskRow>> asked = bySubject(files.rows(all, task.data().asked(), Long.MAX_VALUE));
        Map<String, List<TaskRow>> pools =
                shots == 0 ? Map.of() : bySubject(files.rows(all, task.data().solved(), Long.MAX_VALUE));
        List<TaskPart> parts = new ArrayList<>();
        asked.forEach((subject, rows) -> parts.add(part(
                task,
                subject,
                shots,
                rows.stream().limit(most).toList(),
                pools.getOrDefault(subject, List.of()),
                seed,
                all.resolve(subject))));
        return parts;
    }

    private static Map<String, List<TaskRow>> bySubject(List<TaskRow> rows) {
        Map<String, List<TaskRow>> subjects = new TreeMap<>();
        rows.forEach(row -> subjects.computeIfAbsent(row.text("subject"), _ -> new ArrayList<>())
                .add(row));
        return subjects;
    }

    private static TaskPart part(
            Task task, String name, int shots, List<TaskRow> rows, List<TaskRow> pool, long seed, Path where) {
        Shots examples = new Shots(
                task, shots, pool, seed, where + ": split " + task.data().solved());
        String description = name.isEmpty()
                ? ""
                : "The following are multiple choice questions (with answers) about " + name.replace('_', ' ')
                        + ".\n\n";
        List<Asked> asked = new ArrayList<>();
        for (TaskRow row : rows) {
            Item item = task.item(row);
            String before = description + examples.before(item);
            List<String> contexts =
                    item.questions().stream().map(question -> before + question).toList();
            asked.add(new Asked(row.where(), contexts, item.answers(), item.gold()));
        }
        return new TaskPart(task, name, shots, asked);
    }
}
