package io.espalier.actors.cli;

import io.espalier.actors.job.Features;
import io.espalier.gpu.distill.FeatureLoss;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of learning from a teacher's hidden states. */
@Command(optionListHeading = "Loss")
final class FeatureOptions {
    @Option(
            names = "--hidden-loss",
            paramLabel = "KIND",
            description = "Learn hidden states too: normalised-mse, mse or cosine, layer by layer. A student with its"
                    + " plan.json is compared with the layers and channels it has kept; others by trained projections."
                    + " Or attention-relation: how alike positions are to each other after attention, for any widths.")
    private FeatureLoss.Kind kind;

    @Option(
            names = "--hidden-weight",
            paramLabel = "W",
            description = "Weight of the hidden loss beside the logit loss.")
    private double weight;

    @Option(
            names = "--hidden-balance",
            description = "Scale the hidden loss to the other losses of the same batch first, as Megatron-LM does.")
    private boolean balanced;

    @Option(
            names = "--hidden-layers",
            split = ",",
            paramLabel = "I",
            description = "Layers of the student whose hidden states are learnt, counted from 0 (default: all).")
    private List<Integer> layers = List.of();

    /** Empty where no hidden states are learnt. */
    Optional<Features> features() {
        return Optional.ofNullable(kind).map(_ -> new Features(kind, weight, balanced, layers));
    }
}
