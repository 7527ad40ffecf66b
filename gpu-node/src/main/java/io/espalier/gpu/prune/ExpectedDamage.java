package io.espalier.gpu.prune;

import io.espalier.gpu.model.ModelConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The share of a model's importance that a shape gives up, 0 to 1: 1 - the product over axes of the share that stays.
 * Shares of widths are of squared scores, of depth of influence. It orders shapes before any of them is tried; it is no
 * loss.
 */
public final class ExpectedDamage {
    private final ModelConfig model;
    private final Importance importance;
    private final Map<String, Double> shares = new HashMap<>();

    public ExpectedDamage(ModelConfig model, Importance importance) {
        this.model = model;
        this.importance = importance;
    }

    /** The expected damage of a shape with all key-value heads. */
    public double of(ArchitectureSearch.Candidate c) {
        int perGroup = c.numAttentionHeads() / c.numKeyValueHeads();
        double stays = kept("layers", c.numHiddenLayers(), this::layers)
                * kept("hidden", c.hiddenSize(), n -> share(importance.hidden(), n))
                * kept("ffn", c.intermediateSize(), n -> mean(importance.ffn(), n))
                * kept("heads", perGroup, this::heads);
        return 1 - stays;
    }

    private double kept(String axis, int size, java.util.function.IntToDoubleFunction share) {
        return shares.computeIfAbsent(axis + size, _ -> share.applyAsDouble(size));
    }

    private double layers(int count) {
        return count == model.numHiddenLayers()
                ? 1
                : importance.depth().share(importance.depth().kept(count));
    }

    private double heads(int perGroup) {
        int groupSize = model.numAttentionHeads() / model.numKeyValueHeads();
        List<Integer> groups =
                IntStream.range(0, model.numKeyValueHeads()).boxed().toList();
        double sum = 0;
        for (double[] layer : importance.heads()) {
            sum += share(layer, Ranking.bestOfEachGroup(layer, groups, groupSize, perGroup));
        }
        return sum / importance.heads().length;
    }

    private static double mean(double[][] layers, int count) {
        double sum = 0;
        for (double[] layer : layers) {
            sum += share(layer, count);
        }
        return sum / layers.length;
    }

    private static double share(double[] scores, int count) {
        return share(scores, Ranking.best(scores, count));
    }

    private static double share(double[] scores, List<Integer> kept) {
        double all = 0;
        for (double score : scores) {
            all += score * score;
        }
        double part = kept.stream().mapToDouble(i -> scores[i] * scores[i]).sum();
        return all > 0 ? part / all : 1;
    }
}
