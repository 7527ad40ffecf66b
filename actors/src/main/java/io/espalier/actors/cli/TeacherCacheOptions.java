package io.espalier.actors.cli;

import io.espalier.actors.program.Distill;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Where what a teacher says is kept. */
@Command(optionListHeading = "Teacher")
final class TeacherCacheOptions {
    private static final double GIB = 1L << 30;

    @Option(
            names = "--teacher-cache",
            paramLabel = "DIR",
            description =
                    "Keep the teacher's hidden states there: a batch that was seen before, by this run or another,"
                            + " costs no teacher; for further epochs see --same-epochs. A token takes hidden_size numbers"
                            + " of --dtype, as many again for each layer of --hidden-loss.")
    private Path directory;

    @Option(
            names = "--teacher-cache-gib",
            paramLabel = "GIB",
            description = "Largest size of the teacher cache in GiB; the oldest entries go first, so less than an epoch"
                    + " takes is of little use.")
    private double gib;

    /** Empty where nothing is kept. */
    Optional<Distill.TeacherCache> cache() {
        return Optional.ofNullable(directory).map(kept -> new Distill.TeacherCache(kept, (long) (gib * GIB)));
    }
}
