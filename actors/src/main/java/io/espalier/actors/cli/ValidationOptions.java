package io.espalier.actors.cli;

import io.espalier.actors.program.HeldOutFiles;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of validation while a run trains. */
@Command(optionListHeading = "Validation")
final class ValidationOptions {
    @Option(
            names = "--validation",
            arity = "1..*",
            paramLabel = "FILE",
            description = "Held-out text: each file is scored on its own, and the best student kept in best-step-N.")
    private List<Path> text = List.of();

    @Option(names = "--validate-every", description = "Steps between two validations.")
    private long every;

    @Option(names = "--validate-samples", description = "Rows of each file of --validation that are scored at most.")
    private long rows;

    @Option(
            names = "--patience",
            description = "Validations in a row without a better score after which the run stops; 0 never stops it.")
    private int patience;

    HeldOutFiles heldOut() {
        return new HeldOutFiles(text, every, rows, patience);
    }
}
