package io.espalier.actors.cli;

import java.util.List;
import picocli.CommandLine.Option;

/** How the optimiser moves, whatever the course of its rate. */
final class OptimizerOptions {
    @Option(
            names = "--global-batch",
            paramLabel = "N",
            description = "Rows of one optimiser step, a multiple of --batch (default: --batch).")
    private Integer globalBatch;

    @Option(names = "--beta1", paramLabel = "B", description = "AdamW (default: ${DEFAULT-VALUE}).")
    double beta1;

    @Option(names = "--beta2", paramLabel = "B", description = "AdamW (default: ${DEFAULT-VALUE}).")
    double beta2;

    @Option(names = "--eps", paramLabel = "E", description = "AdamW (default: ${DEFAULT-VALUE}).")
    double eps;

    @Option(
            names = "--weight-decay",
            paramLabel = "W",
            description = "Decoupled, on matrices alone (default: ${DEFAULT-VALUE}).")
    double weightDecay;

    @Option(names = "--clip", paramLabel = "NORM", description = "Largest gradient norm (default: ${DEFAULT-VALUE}).")
    double clip;

    @Option(
            names = "--freeze",
            split = ",",
            paramLabel = "NAME",
            description = "Parameters that do not move, such as model.embed_tokens.weight or 'model.layers.0.*'.")
    List<String> freeze = List.of();

    int globalBatch(TextOptions text) {
        return globalBatch == null ? text.batch : globalBatch;
    }
}
