package io.espalier.gpu.prune;

import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The shapes that a model may be pruned to, one list of choices an axis, ascending and ending with the model's own value.
 * As in NVIDIA's Model Optimizer the limits on width and depth are shares of the number of choices, not of the values.
 */
public record SearchSpace(List<Integer> layers, List<Integer> hidden, List<Integer> ffn, List<Integer> heads) {
    /** An axis that can be left as it is. */
    public enum Axis {
        LAYERS,
        HIDDEN,
        FFN,
        HEADS
    }

    /**
     * The limits of a search.
     *
     * @param hiddenDivisor hidden_size must be a multiple of this, and so on for the others
     * @param maxWidthPruning share of the choices of hidden, ffn and heads that is given up, 0 to 1
     * @param maxDepthPruning the same for layers
     * @param skip axes that stay as they are
     */
    public record Limits(
            int layerDivisor,
            int hiddenDivisor,
            int ffnDivisor,
            double maxWidthPruning,
            double maxDepthPruning,
            Set<Axis> skip) {
        public Limits {
            share("max-width-pruning", maxWidthPruning);
            share("max-depth-pruning", maxDepthPruning);
            if (layerDivisor < 1 || hiddenDivisor < 1 || ffnDivisor < 1) {
                throw Refused.usage(
                        "layer-divisor, hidden-divisor, ffn-divisor",
                        layerDivisor + ", " + hiddenDivisor + ", " + ffnDivisor,
                        "must be at least 1");
            }
            skip = Set.copyOf(skip);
        }

        private static void share(String option, double value) {
            if (!(value >= 0 && value < 1)) {
                throw Refused.usage(option, value, "must be in [0, 1)");
            }
        }
    }

    /** The choices for a model. */
    public static SearchSpace of(ModelConfig model, Limits limits) {
        int groups = model.numKeyValueHeads();
        return new SearchSpace(
                choices(Axis.LAYERS, model.numHiddenLayers(), n -> n % limits.layerDivisor == 0, limits),
                cut(
                        model,
                        Role.HIDDEN,
                        choices(Axis.HIDDEN, model.hiddenSize(), n -> n % limits.hiddenDivisor == 0, limits)),
                cut(
                        model,
                        Role.FFN,
                        choices(Axis.FFN, model.intermediateSize(), n -> n % limits.ffnDivisor == 0, limits)),
                cut(model, Role.HEAD, choices(Axis.HEADS, model.numAttentionHeads(), n -> n % groups == 0, limits)));
    }

    /** The model's own size alone where its family cannot lose any. */
    private static List<Integer> cut(ModelConfig model, Role role, List<Integer> choices) {
        return model.family().uncut(role) == null ? choices : List.of(choices.getLast());
    }

    private static List<Integer> choices(Axis axis, int full, IntPredicate allowed, Limits limits) {
        if (limits.skip.contains(axis)) {
            return List.of(full);
        }
        List<Integer> all =
                new ArrayList<>(IntStream.range(1, full).filter(allowed).boxed().toList());
        all.add(full);
        double given = axis == Axis.LAYERS ? limits.maxDepthPruning : limits.maxWidthPruning;
        return List.copyOf(all.subList((int) ((1 - given) * all.size()), all.size()));
    }

    /** Number of shapes. */
    public int combinations() {
        return layers.size() * hidden.size() * ffn.size() * heads.size();
    }
}
