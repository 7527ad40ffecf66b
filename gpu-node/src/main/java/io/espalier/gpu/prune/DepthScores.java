package io.espalier.gpu.prune;

import static io.espalier.gpu.Refused.setting;

import io.espalier.gpu.Refused;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The scores by which layers stay when some must go.
 *
 * @param criterion what the scores mean
 * @param layers [layers]: each on its own, the higher the more it matters: block influence, or perplexity without it
 * @param blocks [layers][layers]: influence of the run from a layer to another; only for the contiguous criterion
 */
public record DepthScores(DepthCriterion criterion, double[] layers, double[][] blocks) {
    /** Scores that rank each layer on its own. */
    public static DepthScores ofLayers(DepthCriterion criterion, double... layers) {
        return new DepthScores(criterion, layers, new double[0][]);
    }

    static DepthScores of(ActivationStatistics sums, DepthCriterion criterion) {
        int layers = sums.layers();
        double[] influence = IntStream.range(0, layers)
                .mapToDouble(l -> sums.influence(l, l))
                .toArray();
        return switch (criterion) {
            case BLOCK_INFLUENCE -> ofLayers(criterion, influence);
            case LEAVE_ONE_OUT -> {
                require(sums.hasLeaveOneOut(), criterion);
                yield ofLayers(
                        criterion,
                        IntStream.range(0, layers)
                                .mapToDouble(l -> Math.exp(sums.leaveOneOut()[l] / sums.targets()))
                                .toArray());
            }
            case CONTIGUOUS -> {
                require(sums.blocks(), criterion);
                double[][] blocks = new double[layers][layers];
                for (int from = 0; from < layers; from++) {
                    for (int to = from; to < layers; to++) {
                        blocks[from][to] = sums.influence(from, to);
                    }
                }
                yield new DepthScores(criterion, influence, blocks);
            }
        };
    }

    private static void require(boolean collected, DepthCriterion criterion) {
        if (!collected) {
            String option = criterion.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
            throw Refused.invalid(
                    "scores",
                    "depth criterion",
                    "not calibrated for " + option,
                    "must be calibrated with " + setting("depth") + " " + option);
        }
    }

    /** The {@code count} layers that stay, ascending. */
    List<Integer> kept(int count) {
        Importance.requireFinite("layer", layers);
        return switch (criterion) {
            case BLOCK_INFLUENCE, LEAVE_ONE_OUT -> Ranking.best(layers, count);
            case CONTIGUOUS -> withoutRun(layers.length - count);
        };
    }

    /** All but the run of {@code length} layers that changes its input least. */
    private List<Integer> withoutRun(int length) {
        if (length == 0) {
            return IntStream.range(0, layers.length).boxed().toList();
        }
        int best = 0;
        for (int from = 1; from + length <= layers.length; from++) {
            best = blocks[from][from + length - 1] < blocks[best][best + length - 1] ? from : best;
        }
        int first = best;
        return IntStream.range(0, layers.length)
                .filter(l -> l < first || l >= first + length)
                .boxed()
                .toList();
    }

    /** The share of all layers' influence that the given ones hold, 0 to 1; for perplexities, of what they add to the least. */
    double share(List<Integer> of) {
        double floor = criterion == DepthCriterion.LEAVE_ONE_OUT
                ? Arrays.stream(layers).min().orElseThrow()
                : 0;
        double all = Arrays.stream(layers).map(score -> score - floor).sum();
        double part = of.stream().mapToDouble(l -> layers[l] - floor).sum();
        return all > 0 ? part / all : 0;
    }
}
