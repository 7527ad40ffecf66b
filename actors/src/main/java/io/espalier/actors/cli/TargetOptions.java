package io.espalier.actors.cli;

import io.espalier.gpu.prune.PruningTargets;
import java.util.List;
import picocli.CommandLine.Option;

/** Sizes that the user names. */
final class TargetOptions {
    @Option(names = "--layers", paramLabel = "N", description = "Layers that stay, chosen by --depth.")
    private Integer layers;

    @Option(names = "--drop-layers", split = ",", paramLabel = "I", description = "Layers to remove, counted from 0.")
    private List<Integer> dropLayers;

    @Option(names = "--hidden", paramLabel = "N", description = "hidden_size of the pruned model.")
    private Integer hidden;

    @Option(names = "--ffn", paramLabel = "N", description = "intermediate_size of the pruned model.")
    private Integer ffn;

    @Option(names = "--heads", paramLabel = "N", description = "Query heads: a multiple of the key-value heads.")
    private Integer heads;

    @Option(
            names = "--query-groups",
            paramLabel = "N",
            description = "Key-value heads; their query heads go with them.")
    private Integer queryGroups;

    @Option(names = "--experts", paramLabel = "N", description = "Experts of each layer, chosen by --experts-by.")
    private Integer experts;

    PruningTargets targets() {
        return new PruningTargets(layers, dropLayers, hidden, ffn, heads, queryGroups, experts);
    }
}
