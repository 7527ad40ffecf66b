package io.espalier.gpu.group;

import java.util.Arrays;
import java.util.List;

/**
 * The losses and the targets of a global batch, added in f64 in the order in which they come: the caller adds micro-batches
 * in the order of their numbers.
 */
public final class Tally {
    private final double[] sums;
    private long targets;

    /** @param parts of the loss */
    public Tally(int parts) {
        this.sums = new double[parts];
    }

    /**
     * Adds a micro-batch.
     *
     * @param losses of each part, nats over its counted targets
     */
    public void add(double[] losses, int counted) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += losses[i];
        }
        targets += counted;
    }

    /** Sets all sums and the count to zero. */
    public void clear() {
        Arrays.fill(sums, 0);
        targets = 0;
    }

    /** The factor that turns a sum over targets into their mean; 1 where nothing counted. */
    public double mean() {
        return 1.0 / Math.max(1, targets);
    }

    /** Mean nats per target of each part. */
    public List<Double> means() {
        return Arrays.stream(sums)
                .map(sum -> sum / Math.max(1, targets))
                .boxed()
                .toList();
    }

    /** Whether every loss was a number. */
    public boolean finite() {
        return Double.isFinite(Arrays.stream(sums).sum());
    }
}
