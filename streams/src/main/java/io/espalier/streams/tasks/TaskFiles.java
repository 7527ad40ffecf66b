package io.espalier.streams.tasks;

import io.espalier.gpu.Refused;
import io.espalier.streams.source.FieldReader;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of a data set as Hugging Face hosts them: by configuration and split, in one or more shards. */
final class TaskFiles {
    private static final Pattern SHARD = Pattern.compile("-(\\d{5})-of-(\\d{5})");
    private static final String FORMS = "(\\.parquet|\\.jsonl(\\.gz|\\.zst)?)";

    private final Task.Data data;
    private final Path directory;
    private final int maxLineBytes;

    /** @param directory that holds the data sets */
    TaskFiles(Task.Data data, Path directory, int maxLineBytes) {
        this.data = data;
        this.directory = directory;
        this.maxLineBytes = maxLineBytes;
    }

    /** The folder of the data set or of its configuration: the first of those that may hold it. */
    Path folder() {
        String repository = data.repository();
        String last = repository.substring(repository.indexOf('/') + 1);
        String inside = data.configuration().isEmpty() ? "" : "/" + data.configuration();
        Set<String> names = new LinkedHashSet<>(List.of(data.name(), repository + inside, last + inside));
        for (String name : names) {
            if (Files.isDirectory(directory.resolve(name))) {
                return directory.resolve(name);
            }
        }
        throw Refused.notFound(
                directory, "holds no data of " + data.name() + ": must hold a folder " + String.join(" or ", names));
    }

    /** Whether a folder holds a split. */
    boolean has(Path folder, String split) {
        return !files(folder, split).isEmpty();
    }

    /**
     * All rows of a split.
     *
     * @param most of them that are read
     */
    List<TaskRow> rows(Path folder, String split, long most) {
        List<Path> files = files(folder, split);
        if (files.isEmpty()) {
            throw Refused.notFound(
                    folder,
                    "holds no split " + split + ": must hold " + split + ".parquet, " + split + ".jsonl or " + split
                            + "-00000-of-00001.parquet, or in its folder data");
        }
        List<TaskRow> rows = new ArrayList<>();
        for (Path file : files) {
            try (FieldReader reader = TextFile.of(file).fields(maxLineBytes)) {
                for (FieldReader.Fields next = reader.next();
                        next != null && rows.size() < most;
                        next = reader.next()) {
                    rows.add(new TaskRow(next));
                }
            }
        }
        if (rows.isEmpty()) {
            throw Refused.invalid(files.getFirst(), "rows", 0, "must be at least one");
        }
        return rows;
    }

    private static List<Path> files(Path folder, String split) {
        for (Path place : List.of(folder, folder.resolve("data"))) {
            List<Path> found = matching(place, Pattern.quote(split) + "(" + SHARD + ")?" + FORMS);
            if (!found.isEmpty()) {
                requireAllShards(found);
                return found;
            }
        }
        return matching(folder.resolve(split), "\\d+" + FORMS);
    }

    private static List<Path> matching(Path folder, String names) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        Pattern pattern = Pattern.compile(names);
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(file ->
                            pattern.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder.toString(), e);
        }
    }

    /** A missing shard would be missed without a word, and a split that stands twice would count twice. */
    private static void requireAllShards(List<Path> files) {
        Matcher shard = SHARD.matcher(files.getFirst().getFileName().toString());
        int wanted = shard.find() ? Integer.parseInt(shard.group(2)) : 1;
        if (files.size() != wanted) {
            throw Refused.invalid(
                    files.getFirst().getParent(),
                    "files of the split",
                    files.stream().map(Path::getFileName).toList(),
                    "must be " + wanted);
        }
    }
}
