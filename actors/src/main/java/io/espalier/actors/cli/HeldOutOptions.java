package io.espalier.actors.cli;

import io.espalier.actors.program.HeldOutFiles;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of the held-out text by which the versions of a run on live text are judged. */
@Command(optionListHeading = "Validation")
final class HeldOutOptions {
    @Option(
            names = "--validation",
            required = true,
            arity = "1..*",
            paramLabel = "FILE",
            description =
                    "Held-out text, a file for each domain: the student is published where it is better on all of it"
                            + " and worse on none.")
    private List<Path> text;

    @Option(
            names = "--validate-every",
            description = "Steps between two looks at --validation; each checkpoint has one, too.")
    private long every;

    @Option(names = "--validate-samples", description = "Rows of each file of --validation that are scored at most.")
    private long rows;

    HeldOutFiles heldOut() {
        return new HeldOutFiles(text, every, rows, 0);
    }
}
