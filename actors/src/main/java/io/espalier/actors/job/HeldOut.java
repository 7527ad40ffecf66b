package io.espalier.actors.job;

import io.espalier.actors.rank.RankLink;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.distill.TeacherPort;
import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Text that a run does not learn from, by the file it comes from, and how its student is scored on it between two steps, on
 * the ranks that train it.
 *
 * @param files batches of each, by its name; empty for no validation
 */
public record HeldOut(Map<String, List<TokenBatch>> files) {
    static final HeldOut NONE = new HeldOut(Map.of());

    public HeldOut {
        files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    }

    /** Few enough to be held: --validate-samples rows of each file. */
    public static HeldOut read(TrainRequest request) {
        Map<String, List<TokenBatch>> files = new LinkedHashMap<>();
        if (request.validation().text() != null) {
            BatchSettings text = request.validation().text();
            Map<Path, String> names = names(text.files());
            for (TextFile file : text.files()) {
                if (files.containsKey(names.get(file.path()))) {
                    continue;
                }
                List<TokenBatch> batches = new ArrayList<>();
                BatchReader.evaluation(
                        request.start().directory(),
                        text.of(file),
                        request.validation().rows(),
                        batches::add);
                files.put(names.get(file.path()), batches);
            }
        }
        return new HeldOut(files);
    }

    /** Each file's own name, with as many of the directories above it as tell it from the others. */
    static Map<Path, String> names(List<TextFile> files) {
        Map<Path, Path> whole = new LinkedHashMap<>();
        files.forEach(
                file -> whole.put(file.path(), file.path().toAbsolutePath().normalize()));
        Map<Path, String> names = new LinkedHashMap<>();
        whole.forEach((given, path) -> {
            int parts = 1;
            while (parts < path.getNameCount() && isOfAnother(whole.values(), path, parts)) {
                parts++;
            }
            names.put(given, end(path, parts).toString());
        });
        return names;
    }

    private static boolean isOfAnother(Collection<Path> paths, Path path, int parts) {
        return paths.stream().anyMatch(other -> !other.equals(path) && other.endsWith(end(path, parts)));
    }

    private static Path end(Path path, int parts) {
        return path.subpath(path.getNameCount() - parts, path.getNameCount());
    }

    /** Scores of each row, by file; without a teacher, of the student alone. */
    public CompletionStage<Map<String, List<Scores>>> score(RunRanks ranks) {
        CompletionStage<Map<String, List<Scores>>> scores = CompletableFuture.completedFuture(new LinkedHashMap<>());
        for (Map.Entry<String, List<TokenBatch>> file : files.entrySet()) {
            for (TokenBatch batch : file.getValue()) {
                scores = scores.thenCompose(found -> score(ranks.student(), ranks.teacher(), batch)
                        .thenApply(rows -> {
                            found.computeIfAbsent(file.getKey(), _ -> new ArrayList<>())
                                    .addAll(rows);
                            return found;
                        }));
            }
        }
        return scores;
    }

    private static CompletionStage<List<Scores>> score(RankLink student, TeacherPort teacher, TokenBatch batch) {
        if (teacher == null) {
            return student.ask(reply -> new RankWorker.Score(batch, null, reply));
        }
        return teacher.forward(batch).thenCompose(signal -> scoreAgainst(student, batch, signal));
    }

    private static CompletionStage<List<Scores>> scoreAgainst(
            RankLink student, TokenBatch batch, TeacherSignal signal) {
        return student.<List<Scores>>ask(reply -> new RankWorker.Score(batch, signal, reply))
                .whenComplete((_, _) -> signal.close());
    }
}
