package io.espalier.actors.cli;

import io.espalier.actors.program.Job;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of the loss that a student learns by. */
@Command(optionListHeading = "Loss")
final class LossOptions {
    @Option(
            names = "--loss",
            split = ",",
            paramLabel = "NAME[=WEIGHT]",
            description =
                    "Loss of the logits, a weighted sum of: forward-kl, reverse-kl, jsd:BETA, skew-forward-kl:LAMBDA,"
                            + " skew-reverse-kl:LAMBDA, top-k:K[:tail|left-out|zero], total-variation, ce.")
    private List<String> parts;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "Temperature of the divergences; they are multiplied by its square.")
    private double temperature;

    Job.Loss loss() {
        return new Job.Loss(parts, temperature);
    }
}
