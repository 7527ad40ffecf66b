package io.espalier.gpu.prune;

import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Finds the shapes of a search space that fit a budget, from config.json alone. */
public final class ArchitectureSearch {
    private static final int BYTES_OF_BF16 = 2;

    private ArchitectureSearch() {}

    /**
     * What a shape may cost.
     *
     * @param parameters largest number of parameters; {@link Long#MAX_VALUE} for no limit
     * @param memoryBytes largest memory; {@link Long#MAX_VALUE} for no limit
     * @param batch rows that the KV cache is sized for
     * @param seqLength positions of each
     */
    public record Budget(long parameters, long memoryBytes, int batch, int seqLength) {
        public Budget {
            if (parameters < 1 || memoryBytes < 1 || batch < 1 || seqLength < 1) {
                throw new Refused(
                        Refused.Reason.USAGE, "a budget's parameters, memory, batch and length: must be above 0");
            }
        }
    }

    /**
     * A shape that fits.
     *
     * @param memoryBytes weights in bf16 and the KV cache of the budget's batch
     */
    public record Candidate(
            int numHiddenLayers,
            int hiddenSize,
            int intermediateSize,
            int numAttentionHeads,
            int numKeyValueHeads,
            long parameters,
            long memoryBytes) {}

    /**
     * All shapes that fit, the largest first: by parameters, or by memory where that alone is limited.
     *
     * @throws Refused when none does
     */
    public static List<Candidate> feasible(ModelConfig model, SearchSpace space, Budget budget) {
        List<Candidate> candidates = new ArrayList<>();
        for (int layers : space.layers()) {
            for (int hidden : space.hidden()) {
                for (int ffn : space.ffn()) {
                    for (int heads : space.heads()) {
                        Candidate candidate = candidate(model, layers, hidden, ffn, heads, budget);
                        if (candidate.parameters <= budget.parameters && candidate.memoryBytes <= budget.memoryBytes) {
                            candidates.add(candidate);
                        }
                    }
                }
            }
        }
        if (candidates.isEmpty()) {
            throw Refused.invalid(
                    "plan",
                    "feasible shapes",
                    "0 of " + space.combinations(),
                    "must be at least one: raise the budget, --max-width-pruning or --max-depth-pruning");
        }
        Comparator<Candidate> bySize = budget.parameters == Long.MAX_VALUE
                ? Comparator.comparingLong(Candidate::memoryBytes)
                : Comparator.comparingLong(Candidate::parameters);
        candidates.sort(bySize.reversed());
        return List.copyOf(candidates);
    }

    private static Candidate candidate(ModelConfig model, int layers, int hidden, int ffn, int heads, Budget budget) {
        List<Integer> kept = IntStream.range(0, layers).boxed().toList();
        int groups = model.numKeyValueHeads();
        long parameters = model.withShape(hidden, ffn, heads, groups, kept).parameters();
        long cache = 2L * layers * budget.batch * budget.seqLength * groups * model.headDim() * BYTES_OF_BF16;
        return new Candidate(
                layers, hidden, ffn, heads, groups, parameters, Math.addExact(parameters * BYTES_OF_BF16, cache));
    }
}
