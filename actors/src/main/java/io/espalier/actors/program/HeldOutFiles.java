package io.espalier.actors.program;

import io.espalier.actors.job.Validation;
import java.nio.file.Path;
import java.util.List;

/**
 * Held-out text that a run is scored on while it trains.
 *
 * @param files of held-out text, each of which is scored on its own; none for no validation
 * @param every steps between two validations
 * @param rows at most of each file
 * @param patience validations without a better score before the run stops; 0 never stops it
 */
public record HeldOutFiles(List<Path> files, long every, long rows, int patience) {
    public HeldOutFiles {
        files = List.copyOf(files);
    }

    /**
     * The validation of a run on these files.
     *
     * @param vocabSize of the model that is scored
     */
    public Validation validation(Text text, int vocabSize) {
        return new Validation(files.isEmpty() ? null : text.of(files, vocabSize), every, rows, patience);
    }
}
