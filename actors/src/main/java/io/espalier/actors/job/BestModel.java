package io.espalier.actors.job;

import io.espalier.actors.rank.RankLink;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.disk.DirectoryTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** The student that validated best, as a model directory {@code best-step-N} in the run's; an older one goes when it is there. */
final class BestModel {
    private static final String PREFIX = "best-step-";

    private final Path run;
    private final RunCard card;

    BestModel(Path run, RunCard card) {
        this.run = run;
        this.card = card;
    }

    CompletionStage<Void> save(RankLink student, Validated found) {
        Path place = run.resolve(PREFIX + found.step());
        // A run that resumes may come by a step again.
        remove(place);
        card.writeBest(place, found);
        return student.<Path>ask(reply -> new RankWorker.Save(place, reply)).thenAccept(this::removeOthers);
    }

    private void removeOthers(Path best) {
        try (Stream<Path> entries = Files.list(run)) {
            List<Path> older = entries.filter(
                            path -> path.getFileName().toString().startsWith(PREFIX) && !path.equals(best))
                    .toList();
            older.forEach(BestModel::remove);
        } catch (IOException e) {
            throw new UncheckedIOException(run.toString(), e);
        }
    }

    /** config.json first, so that half a model never passes for one. */
    private static void remove(Path model) {
        if (!Files.isDirectory(model)) {
            return;
        }
        try {
            Files.deleteIfExists(model.resolve("config.json"));
            DirectoryTree.delete(model);
        } catch (IOException e) {
            throw new UncheckedIOException(model.toString(), e);
        }
    }
}
