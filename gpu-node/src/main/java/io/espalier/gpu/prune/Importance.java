package io.espalier.gpu.prune;

import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import java.util.Arrays;
import java.util.List;

/**
 * The importance of each part of a model, by Minitron's activation importance (Muralidharan et al., 2024) as NVIDIA's
 * Model Optimizer computes it. With the default aggregation,
 * {@code agg(x)[c] = sqrt(sum over rows of (mean over the sequence of |x[c]|)²)}:
 *
 * @param hidden [hidden_size]: agg of both norms' outputs, summed over layers
 * @param ffn [layers][intermediate_size]: agg of down_proj's input
 * @param heads [layers][query heads]: L2 over head_dim of agg of o_proj's input
 * @param groups [layers][key-value heads]: L2 over the heads of each
 * @param depth of layers
 * @param experts [layers][experts]: see {@link ExpertCriterion}; empty where there are none
 */
public record Importance(
        double[] hidden, double[][] ffn, double[][] heads, double[][] groups, DepthScores depth, double[][] experts) {
    /** The importance of the parts of a model without experts. */
    public Importance(double[] hidden, double[][] ffn, double[][] heads, double[][] groups, DepthScores depth) {
        this(hidden, ffn, heads, groups, depth, new double[0][]);
    }

    /** Reads the scores out of the sums; refuses sums that lack what the depth criterion needs. */
    public static Importance of(ActivationStatistics sums, ModelConfig model, ImportanceSettings settings) {
        int layers = sums.layers();
        double[][] ffn = new double[layers][];
        double[][] heads = new double[layers][];
        double[][] groups = new double[layers][];
        int groupSize = model.numAttentionHeads() / model.numKeyValueHeads();
        for (int l = 0; l < layers; l++) {
            ffn[l] = sums.ffn().get(l).scores(settings.aggregation(), sums.rows());
            double[] channels = sums.heads().get(l).scores(settings.aggregation(), sums.rows());
            heads[l] = norms(channels, model.headDim());
            groups[l] = norms(heads[l], groupSize);
        }
        double[][] experts =
                sums.experts().stream().map(settings.experts()::scores).toArray(double[][]::new);
        return new Importance(
                hidden(sums, settings), ffn, heads, groups, DepthScores.of(sums, settings.depth()), experts);
    }

    private static double[] hidden(ActivationStatistics sums, ImportanceSettings settings) {
        double[] total = new double[sums.finalNorm().channels()];
        for (List<ChannelSums> hooks : List.of(sums.attentionNorm(), sums.mlpNorm())) {
            for (ChannelSums hook : hooks) {
                double[] scores = hook.scores(settings.aggregation(), sums.rows());
                double mean = Arrays.stream(scores).average().orElseThrow();
                double unit = settings.normaliseHooks() && mean > 0 ? mean : 1;
                for (int c = 0; c < total.length; c++) {
                    total[c] += scores[c] / unit;
                }
            }
        }
        return total;
    }

    /** L2 norm of each run of {@code size} scores. */
    private static double[] norms(double[] scores, int size) {
        double[] norms = new double[scores.length / size];
        for (int i = 0; i < scores.length; i++) {
            norms[i / size] += scores[i] * scores[i];
        }
        for (int n = 0; n < norms.length; n++) {
            norms[n] = Math.sqrt(norms[n]);
        }
        return norms;
    }

    /** Refuses scores that are no numbers: such a model's activations overflow. */
    static void requireFinite(String axis, double[] scores) {
        for (int i = 0; i < scores.length; i++) {
            if (!Double.isFinite(scores[i])) {
                throw Refused.invalid(
                        "importance",
                        axis + "[" + i + "]",
                        scores[i],
                        "must be finite: the model's activations are not");
            }
        }
    }
}
