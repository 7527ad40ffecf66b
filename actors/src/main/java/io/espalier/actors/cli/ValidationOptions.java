package io.espalier.actors.cli;

import io.espalier.actors.program.HeldOutFiles;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of validation while a run trains. */
final class ValidationOptions {
    @Option(
            names = "--validation",
            arity = "1..*",
            paramLabel = "FILE",
            description = "Held-out text: each file is scored on its own, and the best student kept in best-step-N.")
    private List<Path> text = List.of();

    @Option(
            names = "--validate-every",
            paramLabel = "N",
            description = "Steps between two validations (default: ${DEFAULT-VALUE}).")
    private long every;

    @Option(
            names = "--validate-samples",
            paramLabel = "N",
            description = "Rows at most of each file (default: ${DEFAULT-VALUE}).")
    private long rows;

    @Option(
            names = "--patience",
            paramLabel = "N",
            description = "Stop after as many validations without a better score; 0 never does"
                    + " (default: ${DEFAULT-VALUE}).")
    private int patience;

    HeldOutFiles heldOut() {
        return new HeldOutFiles(text, every, rows, patience);
    }
}
