package io.espalier.gpu.prune;

/**
 * The way in which the activations x[row, position] of a channel become one number: over the sequence of each row, then
 * over rows. The reference's, and the default, is the mean of absolute values, then L2.
 */
public record Aggregation(OverSequence sequence, OverRows rows) {
    public static final Aggregation MINITRON = new Aggregation(OverSequence.MEAN, OverRows.L2);

    /** Over the positions of a row that count. */
    public enum OverSequence {
        /** mean |x| */
        MEAN(0),
        /** sqrt(sum x²) */
        L2(1),
        /** max |x| */
        MAX(2);

        /** The index at which {@link ChannelSums} keeps this aggregate. */
        final int place;

        OverSequence(int place) {
            this.place = place;
        }
    }

    /** Over rows. */
    public enum OverRows {
        L2,
        MEAN
    }
}
