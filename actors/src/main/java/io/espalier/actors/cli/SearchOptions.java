package io.espalier.actors.cli;

import io.espalier.actors.pruning.Goal;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.ArchitectureSearch.Budget;
import io.espalier.gpu.prune.SearchSpace;
import java.util.Set;
import picocli.CommandLine.Option;

/** A budget, and where to look for shapes within it. */
final class SearchOptions {
    private static final double MIB = 1 << 20;

    @Option(
            names = "--target-params",
            paramLabel = "N",
            description = "Largest number of parameters; 6e9 is understood.")
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
            description = "Share of the choices of each width that is given up (default: ${DEFAULT-VALUE}).")
    private double maxWidthPruning;

    @Option(
            names = "--max-depth-pruning",
            paramLabel = "SHARE",
            description = "Share of the choices of depth that is given up (default: ${DEFAULT-VALUE}).")
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

    @Option(names = "--top-k", paramLabel = "N", description = "Candidates to look at (default: ${DEFAULT-VALUE}).")
    private int topK;

    @Option(
            names = "--spread",
            paramLabel = "SHARE",
            description = "Look at candidates whose parameters lie up to this share below the largest one's, too: those"
                    + " of least expected damage (default: ${DEFAULT-VALUE}, the largest alone).")
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
