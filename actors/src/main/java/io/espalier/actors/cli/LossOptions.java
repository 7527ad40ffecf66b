package io.espalier.actors.cli;

import io.espalier.actors.program.Job;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of the loss that a student learns by. */
final class LossOptions {
    @Option(
            names = "--loss",
            split = ",",
            paramLabel = "NAME[=WEIGHT]",
            description = "Sum of forward-kl, reverse-kl, jsd:BETA, skew-forward-kl:LAMBDA, skew-reverse-kl:LAMBDA,"
                    + " top-k:K[:tail|left-out|zero], total-variation, ce (default: ${DEFAULT-VALUE}).")
    private List<String> parts;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description =
                    "Temperature of the divergences; they are multiplied by its square (default: ${DEFAULT-VALUE}).")
    private double temperature;

    Job.Loss loss() {
        return new Job.Loss(parts, temperature);
    }
}
