package io.espalier.actors.choices;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** MMLU as its authors publish it: {@code test/SUBJECT_test.csv} and so on, six unnamed columns, the answer a letter. */
public final class MmluFiles {
    private static final int COLUMNS = 6;
    private static final int CHOICES = 4;
    private static final ObjectReader CSV =
            new CsvMapper().readerForListOf(String.class).with(CsvParser.Feature.WRAP_AS_ARRAY);
    private static final List<String> SPLITS = List.of("dev", "val", "test");

    private MmluFiles() {}

    /** A split that was converted. */
    public record Converted(Path file, int questions, int subjects) {}

    /** Writes a {@code SPLIT.jsonl} for each of the directories dev, val and test that is there. */
    public static List<Converted> convert(Path directory, Path target) {
        List<Converted> converted = new ArrayList<>();
        for (String split : SPLITS) {
            Path folder = directory.resolve(split);
            if (Files.isDirectory(folder)) {
                converted.add(convert(split, folder, target.resolve(split + ".jsonl")));
            }
        }
        if (converted.isEmpty()) {
            throw Refused.notFound(directory, "must hold MMLU's folders dev, val or test");
        }
        return converted;
    }

    private static Converted convert(String split, Path folder, Path target) {
        String ending = "_" + split + ".csv";
        List<Question> questions = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found = files.filter(f -> f.getFileName().toString().endsWith(ending))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw Refused.notFound(folder, "must hold files named SUBJECT" + ending);
            }
            for (Path file : found) {
                String name = file.getFileName().toString();
                questions.addAll(questions(file, name.substring(0, name.length() - ending.length())));
            }
            QuestionFile.write(target, questions);
            return new Converted(target, questions.size(), found.size());
        } catch (IOException e) {
            throw new Refused(Refused.Reason.NOT_ALLOWED, folder + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static List<Question> questions(Path file, String subject) throws IOException {
        List<Question> questions = new ArrayList<>();
        try (MappingIterator<List<String>> rows = CSV.readValues(file.toFile())) {
            while (rows.hasNextValue()) {
                List<String> cells = rows.nextValue();
                String where = file + ": row " + (questions.size() + 1);
                if (cells.size() != COLUMNS) {
                    throw Refused.invalid(where, "columns", cells.size(), "must be " + COLUMNS);
                }
                String answer = cells.getLast().strip();
                if (!answer.matches("[A-D]")) {
                    throw Refused.invalid(where, "answer", answer, "must be A, B, C or D");
                }
                questions.add(
                        new Question(cells.getFirst(), cells.subList(1, 1 + CHOICES), answer.charAt(0) - 'A', subject));
            }
        } catch (JsonProcessingException e) {
            throw Refused.invalid(file, "content", e.getOriginalMessage(), "must be comma-separated values");
        }
        return questions;
    }
}
