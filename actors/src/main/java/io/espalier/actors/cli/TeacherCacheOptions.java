package io.espalier.actors.cli;

import io.espalier.actors.job.Economy;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where what a teacher says is kept. */
final class TeacherCacheOptions {
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
                    + " takes is of little use (default: ${DEFAULT-VALUE}).")
    private double gib;

    Economy economy(boolean recompute) {
        return Economy.of(recompute, directory, gib);
    }
}
