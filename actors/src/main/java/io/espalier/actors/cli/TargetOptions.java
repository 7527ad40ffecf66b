package io.espalier.actors.cli;

import io.espalier.gpu.prune.PruningTargets;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Sizes that the user names. */
@Command(optionListHeading = "Sizes")
final class TargetOptions {
    @Option(names = "--layers", description = "Number of layers that stay, chosen by --depth.")
    private Integer layers;

    @Option(names = "--drop-layers", split = ",", paramLabel = "I", description = "Layers to remove, counted from 0.")
    private List<Integer> dropLayers;

    @Option(names = "--hidden", description = "hidden_size of the pruned model.")
    private Integer hidden;

    @Option(names = "--ffn", description = "intermediate_size of the pruned model.")
    private Integer ffn;

    @Option(names = "--heads", description = "Query heads of the pruned model, a multiple of its key-value heads.")
    private Integer heads;

    @Option(
            names = "--query-groups",
            description = "Key-value heads of the pruned model; their query heads go with them.")
    private Integer queryGroups;

    @Option(names = "--experts", description = "Experts of each layer, chosen by --experts-by.")
    private Integer experts;

    PruningTargets targets() {
        return new PruningTargets(layers, dropLayers, hidden, ffn, heads, queryGroups, experts);
    }
}
