package io.espalier.gpu.prune;

import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Everything that importance is made of, as sums: calibrations of parts of a text, on several ranks if need be, add up to
 * that of the whole.
 *
 * @param rows calibration rows
 * @param tokens positions of them that counted
 * @param attentionNorm per layer, output of input_layernorm
 * @param heads per layer, input of o_proj, H·D channels
 * @param mlpNorm per layer, output of post_attention_layernorm
 * @param ffn per layer, input of down_proj
 * @param experts per layer, see {@link Site#EXPERTS}; empty where there are none
 * @param finalNorm output of the last norm
 * @param cosines [layers][layers]: at [from][to] the sum over positions of the cosine between the input of layer
 *     {@code from} and the output of layer {@code to}; only the diagonal is filled unless blocks were asked for
 * @param blocks whether all of {@code cosines} with from ≤ to is filled
 * @param leaveOneOut [layers + 1] sums of the targets' negative log-likelihood, nats: with each layer left out, then with
 *     all in place; empty when it was not asked for
 * @param targets targets that {@code leaveOneOut} counts
 */
public record ActivationStatistics(
        long rows,
        long tokens,
        List<ChannelSums> attentionNorm,
        List<ChannelSums> heads,
        List<ChannelSums> mlpNorm,
        List<ChannelSums> ffn,
        List<ChannelSums> experts,
        ChannelSums finalNorm,
        double[][] cosines,
        boolean blocks,
        double[] leaveOneOut,
        long targets) {
    /** The statistics of a model without experts. */
    ActivationStatistics(
            long rows,
            long tokens,
            List<ChannelSums> attentionNorm,
            List<ChannelSums> heads,
            List<ChannelSums> mlpNorm,
            List<ChannelSums> ffn,
            ChannelSums finalNorm,
            double[][] cosines,
            boolean blocks,
            double[] leaveOneOut,
            long targets) {
        this(
                rows,
                tokens,
                attentionNorm,
                heads,
                mlpNorm,
                ffn,
                List.of(),
                finalNorm,
                cosines,
                blocks,
                leaveOneOut,
                targets);
    }

    /**
     * Statistics without leave-one-out.
     *
     * @param channels [6 · C] of each place where channels are added up
     */
    static ActivationStatistics of(
            ModelConfig config,
            long rows,
            long tokens,
            Function<Place, double[]> channels,
            double[][] cosines,
            boolean blocks) {
        Function<Site, List<ChannelSums>> layers = site -> IntStream.range(0, config.numHiddenLayers())
                .mapToObj(layer -> ChannelSums.of(channels.apply(new Place(site, layer))))
                .toList();
        return new ActivationStatistics(
                rows,
                tokens,
                layers.apply(Site.ATTENTION_NORM),
                layers.apply(Site.O_PROJ_INPUT),
                layers.apply(Site.MLP_NORM),
                layers.apply(Site.DOWN_PROJ_INPUT),
                config.numExperts() == 0 ? List.of() : layers.apply(Site.EXPERTS),
                ChannelSums.of(channels.apply(LayerSums.finalNorm(config))),
                cosines,
                blocks,
                new double[0],
                0);
    }

    /** The statistics of both texts together. */
    public ActivationStatistics plus(ActivationStatistics other) {
        return new ActivationStatistics(
                rows + other.rows,
                tokens + other.tokens,
                sum(attentionNorm, other.attentionNorm),
                sum(heads, other.heads),
                sum(mlpNorm, other.mlpNorm),
                sum(ffn, other.ffn),
                sum(experts, other.experts),
                finalNorm.plus(other.finalNorm),
                IntStream.range(0, cosines.length)
                        .mapToObj(l -> sum(cosines[l], other.cosines[l]))
                        .toArray(double[][]::new),
                blocks && other.blocks,
                leaveOneOut.length == other.leaveOneOut.length ? sum(leaveOneOut, other.leaveOneOut) : new double[0],
                targets + other.targets);
    }

    private static List<ChannelSums> sum(List<ChannelSums> a, List<ChannelSums> b) {
        return IntStream.range(0, a.size())
                .mapToObj(l -> a.get(l).plus(b.get(l)))
                .toList();
    }

    private static double[] sum(double[] a, double[] b) {
        return IntStream.range(0, a.length).mapToDouble(i -> a[i] + b[i]).toArray();
    }

    public int layers() {
        return ffn.size();
    }

    public boolean hasLeaveOneOut() {
        return leaveOneOut.length > 0;
    }

    /** 1 - mean cosine between the input of layer {@code from} and the output of layer {@code to}. */
    public double influence(int from, int to) {
        return 1 - cosines[from][to] / tokens;
    }
}
