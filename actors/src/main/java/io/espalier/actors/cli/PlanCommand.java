package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.ArchitectureSearch;
import io.espalier.gpu.prune.ArchitectureSearch.Candidate;
import io.espalier.gpu.prune.SearchSpace;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "plan",
        description =
                "Lists the shapes that a model could be pruned to within a budget, from its config.json alone: the "
                        + "search space and the order of NVIDIA's Model Optimizer.",
        footer = {"", "Example:", "  espalier plan --model models/Qwen3-8B --target-params 6e9"})
final class PlanCommand implements Callable<Integer> {
    private static final double MIB = 1 << 20;

    @Mixin
    private CommonOptions common;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "A model directory or a bare config.json.")
    private Path model;

    @Option(
            names = "--target-params",
            paramLabel = "N",
            description = "Largest number of parameters; 6e9 is understood.")
    private Double targetParams;

    @Option(
            names = "--target-memory",
            paramLabel = "MIB",
            description = "Largest memory of bf16 weights and KV cache at --batch and --seq-length.")
    private Double targetMemory;

    @Option(names = "--batch", paramLabel = "N", description = "Rows of the KV cache (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--seq-length", paramLabel = "N", description = "Positions of a row (default: ${DEFAULT-VALUE}).")
    private int seqLength;

    @Option(
            names = "--max-width-pruning",
            paramLabel = "SHARE",
            description = "Share of the choices of each width that is given up (default: ${DEFAULT-VALUE}).")
    private double maxWidthPruning;

    @Option(
            names = "--max-depth-pruning",
            paramLabel = "SHARE",
            description = "The same for layers (default: ${DEFAULT-VALUE}).")
    private double maxDepthPruning;

    @Option(
            names = "--skip",
            split = ",",
            paramLabel = "AXIS",
            description = "Axes that stay: layers, hidden, ffn, heads (default: ${DEFAULT-VALUE}).")
    private Set<SearchSpace.Axis> skip;

    @Option(names = "--layer-divisor", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int layerDivisor;

    @Option(names = "--hidden-divisor", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int hiddenDivisor;

    @Option(names = "--ffn-divisor", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int ffnDivisor;

    @Option(names = "--top-k", paramLabel = "N", description = "Candidates to list (default: ${DEFAULT-VALUE}).")
    private int topK;

    @Override
    public Integer call() {
        if (targetParams == null && targetMemory == null) {
            throw new Refused(Refused.Reason.USAGE, "plan needs a budget: --target-params or --target-memory");
        }
        if (topK < 1) {
            throw Refused.usage("--top-k", topK, "must be at least 1");
        }
        ModelConfig config = ModelConfig.read(model);
        SearchSpace space = SearchSpace.of(
                config,
                new SearchSpace.Limits(
                        layerDivisor, hiddenDivisor, ffnDivisor, maxWidthPruning, maxDepthPruning, skip));
        List<Candidate> feasible = ArchitectureSearch.feasible(
                config,
                space,
                new ArchitectureSearch.Budget(
                        targetParams == null ? Long.MAX_VALUE : targetParams.longValue(),
                        targetMemory == null ? Long.MAX_VALUE : (long) (targetMemory * MIB),
                        batch,
                        seqLength));
        print(space, feasible);
        return 0;
    }

    private void print(SearchSpace space, List<Candidate> feasible) {
        ObjectNode json = CommonOptions.object();
        json.put("combinations", space.combinations());
        json.put("feasible", feasible.size());
        Table table = new Table("#", "layers", "hidden", "ffn", "heads", "kv heads", "parameters", "memory MiB");
        int rank = 1;
        for (Candidate candidate : feasible.subList(0, Math.min(topK, feasible.size()))) {
            json.withArray("candidates")
                    .addObject()
                    .put("num_hidden_layers", candidate.numHiddenLayers())
                    .put("hidden_size", candidate.hiddenSize())
                    .put("intermediate_size", candidate.intermediateSize())
                    .put("num_attention_heads", candidate.numAttentionHeads())
                    .put("num_key_value_heads", candidate.numKeyValueHeads())
                    .put("parameters", candidate.parameters())
                    .put("memory_bytes", candidate.memoryBytes());
            table.row(
                    Integer.toString(rank++),
                    Integer.toString(candidate.numHiddenLayers()),
                    Integer.toString(candidate.hiddenSize()),
                    Integer.toString(candidate.intermediateSize()),
                    Integer.toString(candidate.numAttentionHeads()),
                    Integer.toString(candidate.numKeyValueHeads()),
                    Table.count(candidate.parameters()),
                    Table.number(candidate.memoryBytes() / MIB, 0));
        }
        common.print(
                json, space.combinations() + " shapes, " + feasible.size() + " within budget\n\n" + table.toText());
    }
}
