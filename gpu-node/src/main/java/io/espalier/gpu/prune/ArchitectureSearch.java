package io.espalier.gpu.prune;

import static io.espalier.gpu.Refused.setting;

import io.espalier.gpu.Refused;
import io.espalier.gpu.model.Anatomy;
import io.espalier.gpu.model.ModelConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Finds the shapes of a search space that fit a budget, from config.json alone. */
public final class ArchitectureSearch {
    private static final int BYTES_OF_BF16 = 2;

    private ArchitectureSearch() {}

    /**
     * The bounds on a shape's cost.
     *
     * @param parameters largest number of parameters; {@link Long#MAX_VALUE} for no limit
     * @param memoryBytes largest memory; {@link Long#MAX_VALUE} for no limit
     * @param batch rows that the KV cache is sized for
     * @param seqLength positions of each
     */
    public record Budget(long parameters, long memoryBytes, int batch, int seqLength) {
        /** A budget without limits, by which shapes' costs are told. */
        public static Budget unlimited(int batch, int seqLength) {
            return new Budget(Long.MAX_VALUE, Long.MAX_VALUE, batch, seqLength);
        }

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
     * @param relativeLatency floating-point operations of a forward pass over the budget's batch, as a share of the full
     *     model's: the latency of a device that computes all shapes equally well
     */
    public record Candidate(
            int numHiddenLayers,
            int hiddenSize,
            int intermediateSize,
            int numAttentionHeads,
            int numKeyValueHeads,
            long parameters,
            long memoryBytes,
            double relativeLatency) {
        /** The targets that prune would be asked for. */
        public PruningTargets targets() {
            return new PruningTargets(numHiddenLayers, null, hiddenSize, intermediateSize, numAttentionHeads, null);
        }
    }

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
                        if (!PruningTargets.readable(model, hidden, heads)) {
                            continue;
                        }
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
                    "must be at least one: raise the budget, " + setting("max-width-pruning") + " or "
                            + setting("max-depth-pruning"));
        }
        Comparator<Candidate> bySize = budget.parameters == Long.MAX_VALUE
                ? Comparator.comparingLong(Candidate::memoryBytes)
                : Comparator.comparingLong(Candidate::parameters);
        candidates.sort(bySize.reversed());
        return List.copyOf(candidates);
    }

    private static Candidate candidate(ModelConfig model, int layers, int hidden, int ffn, int heads, Budget budget) {
        List<Integer> kept = IntStream.range(0, layers).boxed().toList();
        return cost(model, model.withShape(hidden, ffn, heads, model.numKeyValueHeads(), kept), budget);
    }

    /** The cost of a shape at the budget's batch and length; its limits do not matter here. */
    public static Candidate cost(ModelConfig model, ModelConfig shape, Budget budget) {
        long parameters = shape.parameters();
        long cache = shape.anatomy().layers().stream()
                        .mapToLong(layer -> layer.mixer().remembered(budget.seqLength))
                        .reduce(0, Math::addExact)
                * budget.batch
                * BYTES_OF_BF16;
        return new Candidate(
                shape.numHiddenLayers(),
                shape.hiddenSize(),
                shape.intermediateSize(),
                shape.numAttentionHeads(),
                shape.numKeyValueHeads(),
                parameters,
                Math.addExact(parameters * BYTES_OF_BF16, cache),
                operations(shape, budget) / operations(model, budget));
    }

    /** Multiplications and additions of a forward pass: projections, causal attention, the head at the last position. */
    private static double operations(ModelConfig c, Budget budget) {
        double tokens = (double) budget.batch * budget.seqLength;
        double layers = 0;
        for (Anatomy.Layer layer : c.anatomy().layers()) {
            layers += layer.mixer().products()
                    + layer.mlp().products()
                    + layer.mixer().scores(budget.seqLength);
        }
        double head = (double) c.hiddenSize() * c.vocabSize() * budget.batch;
        return 2 * (tokens * layers + head);
    }

    /**
     * The candidates worth trying, in the order of {@code feasible}.
     *
     * @param spread how far below the largest a candidate's parameters may lie, as a share of them; with 0 the
     *     {@code topK} first are taken, as the reference does
     * @param damage what to prefer among those within the spread; null takes them evenly spaced by size
     */
    public static List<Candidate> shortlist(
            List<Candidate> feasible, int topK, double spread, ToDoubleFunction<Candidate> damage) {
        if (!(spread >= 0 && spread < 1)) {
            throw Refused.usage("spread", spread, "must be in [0, 1)");
        }
        if (topK < 1) {
            throw Refused.usage("top-k", topK, "must be at least 1");
        }
        if (spread == 0) {
            return feasible.subList(0, Math.min(topK, feasible.size()));
        }
        long largest = feasible.stream().mapToLong(Candidate::parameters).max().orElseThrow();
        List<Candidate> pool = feasible.stream()
                .filter(c -> c.parameters >= (1 - spread) * largest)
                .toList();
        if (pool.size() <= topK) {
            return pool;
        }
        if (damage == null) {
            return IntStream.range(0, topK)
                    .mapToObj(i -> pool.get((int) ((long) i * pool.size() / topK)))
                    .toList();
        }
        List<Candidate> best = pool.stream()
                .sorted(Comparator.comparingDouble(damage))
                .limit(topK)
                .toList();
        return pool.stream().filter(best::contains).toList();
    }
}
