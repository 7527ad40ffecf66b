package io.espalier.actors.cli;

import io.espalier.gpu.train.Adam;
import io.espalier.gpu.train.Frozen;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of the optimiser, whatever the course of its rate. */
final class OptimizerOptions {
    @Option(
            names = "--global-batch",
            paramLabel = "N",
            description = "Rows of one optimiser step, a multiple of --batch (default: --batch).")
    private Integer globalBatch;

    @Option(names = "--beta1", paramLabel = "B", description = "AdamW (default: ${DEFAULT-VALUE}).")
    private double beta1;

    @Option(names = "--beta2", paramLabel = "B", description = "AdamW (default: ${DEFAULT-VALUE}).")
    private double beta2;

    @Option(names = "--eps", paramLabel = "E", description = "AdamW (default: ${DEFAULT-VALUE}).")
    private double eps;

    @Option(
            names = "--weight-decay",
            paramLabel = "W",
            description = "Decoupled, on matrices alone (default: ${DEFAULT-VALUE}).")
    private double weightDecay;

    @Option(names = "--clip", paramLabel = "NORM", description = "Largest gradient norm (default: ${DEFAULT-VALUE}).")
    private double clip;

    @Option(
            names = "--freeze",
            split = ",",
            paramLabel = "NAME",
            description = "Parameters that do not move, such as model.embed_tokens.weight or 'model.layers.0.*'.")
    private List<String> freeze = List.of();

    Adam adam() {
        return new Adam(beta1, beta2, eps, weightDecay, clip);
    }

    /** The numbers that a command has which does not let them be chosen. */
    static Adam usual() {
        return new Adam(
                Defaults.number("beta1"),
                Defaults.number("beta2"),
                Defaults.number("eps"),
                Defaults.number("weight-decay"),
                Defaults.number("clip"));
    }

    Frozen frozen() {
        return new Frozen(freeze);
    }

    int globalBatch(TextOptions text) {
        return globalBatch == null ? text.batch : globalBatch;
    }
}
