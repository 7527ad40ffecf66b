package io.espalier.actors.cli;

import io.espalier.actors.pruning.Goal;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.ArchitectureSearch.Budget;
import io.espalier.gpu.prune.SearchSpace;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A budget, and where to look for shapes within it. */
@Command(optionListHeading = "Search within a budget")
final class SearchOptions {
    /** Descriptions of options that plan and prune spell differently. */
    static final String SERVE_BATCH = "Rows that memory (KV cache) and latency are told for.";

    static final String SERVE_LENGTH =
            "Positions of a row that memory and latency are told for, the model's max_position_embeddings at most.";

    private static final double MIB = 1 << 20;

    @Option(
            names = "--target-params",
            paramLabel = "N",
            description = "Largest number of parameters, such as 6e9 or 6B.")
    private Double targetParams;

    @Option(
            names = "--target-memory",
            paramLabel = "MIB",
            description = "Largest memory of bf16 weights and KV cache, at --serve-batch and --serve-length.")
    private Double targetMemory;

    @Option(
            names = "--target-latency",
            paramLabel = "MS",
            description = "Longest forward pass of --serve-batch rows of --serve-length tokens, measured on --device.")
    private Double targetLatency;

    @Option(
            names = "--max-width-pruning",
            paramLabel = "SHARE",
            description = "Share of the choices of each width that is given up.")
    private double maxWidthPruning;

    @Option(
            names = "--max-depth-pruning",
            paramLabel = "SHARE",
            description = "Share of the choices of depth that is given up.")
    private double maxDepthPruning;

    @Option(
            names = "--skip",
            split = ",",
            paramLabel = "AXIS",
            description = "Axes that stay as they are: layers, hidden, ffn, heads.")
    private Set<SearchSpace.Axis> skip;

    @Option(names = "--layer-divisor", description = "Number that a candidate's layers are a multiple of.")
    private int layerDivisor;

    @Option(names = "--hidden-divisor", description = "Number that a candidate's hidden_size is a multiple of.")
    private int hiddenDivisor;

    @Option(names = "--ffn-divisor", description = "Number that a candidate's intermediate_size is a multiple of.")
    private int ffnDivisor;

    @Option(names = "--top-k", description = "Number of candidates that are looked at.")
    private int topK;

    @Option(
            names = "--spread",
            paramLabel = "SHARE",
            description =
                    "Share by which a candidate's parameters may lie below the largest one's: those of least expected"
                            + " damage are looked at. 0 looks at the largest alone.")
    private double spread;

    /** Whether a budget is named at all. */
    boolean named() {
        return targetParams != null || targetMemory != null || targetLatency != null;
    }

    /** The budget of serving, with rows no longer than the model can have. */
    static Budget serving(ModelConfig model, int batch, int length) {
        return Budget.unlimited(batch, Math.min(length, model.maxPositionEmbeddings()));
    }

    Goal.Within goal(Budget serving) {
        if (!named()) {
            throw new Refused(
                    Refused.Reason.USAGE, "plan needs a budget: --target-params, --target-memory or --target-latency");
        }
        return new Goal.Within(
                new SearchSpace.Limits(layerDivisor, hiddenDivisor, ffnDivisor, maxWidthPruning, maxDepthPruning, skip),
                new Budget(
                        targetParams == null ? Long.MAX_VALUE : targetParams.longValue(),
                        targetMemory == null ? Long.MAX_VALUE : (long) (targetMemory * MIB),
                        serving.batch(),
                        serving.seqLength()),
                targetLatency == null ? Double.NaN : targetLatency,
                topK,
                spread);
    }
}
