package io.espalier.actors.cli;

import io.espalier.gpu.train.Adam;
import io.espalier.gpu.train.Frozen;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of the optimiser, whatever the course of its rate. */
@Command(optionListHeading = "Optimiser")
final class OptimizerOptions {
    @Option(
            names = "--global-batch",
            description = "Rows of one optimiser step, a multiple of --batch (default: --batch).")
    private Integer globalBatch;

    @Option(names = "--beta1", paramLabel = "B", description = "Decay of AdamW's running mean of gradients.")
    private double beta1;

    @Option(names = "--beta2", paramLabel = "B", description = "Decay of AdamW's running mean of squared gradients.")
    private double beta2;

    @Option(names = "--eps", paramLabel = "E", description = "Number that AdamW adds to the root by which it divides.")
    private double eps;

    @Option(
            names = "--weight-decay",
            paramLabel = "W",
            description = "AdamW's decay of weights: decoupled, and of matrices alone.")
    private double weightDecay;

    @Option(
            names = "--clip",
            paramLabel = "NORM",
            description = "Largest norm of a step's gradient, which is scaled down to it.")
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
