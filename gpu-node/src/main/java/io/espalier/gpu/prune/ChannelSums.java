package io.espalier.gpu.prune;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The sums of calibration for the C channels of one place: with m the aggregate of a row over its sequence, the sum of
 * m and of m² over rows, for every way to aggregate. Sums of parts add up to those of the whole.
 *
 * @param sums [6][C]: sum of m for mean, l2 and max over the sequence, then sum of m² for the same
 */
public record ChannelSums(double[][] sums) {
    /** Sums that a channel has. */
    static final int KINDS = 2 * Aggregation.OverSequence.values().length;

    /** Makes sums of [6 · C] numbers. */
    static ChannelSums of(double[] flat) {
        double[][] kinds = new double[KINDS][];
        int channels = flat.length / KINDS;
        Arrays.setAll(kinds, k -> Arrays.copyOfRange(flat, k * channels, (k + 1) * channels));
        return new ChannelSums(kinds);
    }

    ChannelSums plus(ChannelSums other) {
        double[][] total = new double[KINDS][];
        for (int k = 0; k < KINDS; k++) {
            total[k] = sums[k].clone();
            for (int c = 0; c < total[k].length; c++) {
                total[k][c] += other.sums[k][c];
            }
        }
        return new ChannelSums(total);
    }

    public int channels() {
        return sums[0].length;
    }

    /** The aggregate of each channel over {@code rows} rows. */
    public double[] scores(Aggregation aggregation, long rows) {
        int sequence = aggregation.sequence().place;
        return switch (aggregation.rows()) {
            case MEAN ->
                IntStream.range(0, channels())
                        .mapToDouble(c -> sums[sequence][c] / rows)
                        .toArray();
            case L2 ->
                IntStream.range(0, channels())
                        .mapToDouble(c -> Math.sqrt(sums[KINDS / 2 + sequence][c]))
                        .toArray();
        };
    }

    /** Sum of x² over every position. */
    double squares(int channel) {
        return sums[KINDS / 2 + Aggregation.OverSequence.L2.place][channel];
    }
}
