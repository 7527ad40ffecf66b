package io.espalier.streams.drift;

import java.util.Optional;

/**
 * Page's cumulative sum test (1954) of both directions, with the running mean as the reference (Hinkley, 1971): an alarm when
 * the numbers have strayed from their mean, beyond what is allowed each time, by a threshold in all. O(1) memory and time.
 */
public final class PageHinkley implements DriftDetector {
    private final double allowance;
    private final double threshold;
    private final long minimum;

    private long count;
    private double mean;
    private double above;
    private double below;
    /** The numbers since the upward sum was last 0; they come after the change where that sum causes an alarm. */
    private final Since rising = new Since();

    private final Since falling = new Since();

    /** Numbers that one of the sums is made of. */
    private static final class Since {
        private long count;
        private double sum;

        void add(double value, boolean goesOn) {
            count = goesOn ? count + 1 : 0;
            sum = goesOn ? sum + value : 0;
        }
    }

    /**
     * Makes a detector that has seen nothing.
     *
     * @param allowance distance from the mean that is none, not negative
     * @param threshold sum of the distances beyond it that is an alarm, above 0
     * @param minimum numbers before the first alarm
     */
    public PageHinkley(double allowance, double threshold, long minimum) {
        if (!(allowance >= 0) || !(threshold > 0) || minimum < 1) {
            throw new IllegalArgumentException(
                    "Page-Hinkley: allowance " + allowance + ", threshold " + threshold + ", minimum " + minimum);
        }
        this.allowance = allowance;
        this.threshold = threshold;
        this.minimum = minimum;
    }

    @Override
    public Optional<Drift> add(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("Page-Hinkley: " + value);
        }
        count++;
        mean += (value - mean) / count;
        above = Math.max(0, above + value - mean - allowance);
        below = Math.max(0, below + mean - value - allowance);
        rising.add(value, above > 0);
        falling.add(value, below > 0);
        if (count < minimum || Math.max(above, below) <= threshold) {
            return Optional.empty();
        }
        Since since = above > below ? rising : falling;
        double after = since.sum / since.count;
        double before = count == since.count ? mean : (mean * count - since.sum) / (count - since.count);
        forget(since);
        return Optional.of(new Drift(before, after));
    }

    /** The numbers since the change are the beginning of what is watched from here on. */
    private void forget(Since since) {
        mean = since.sum / since.count;
        count = since.count;
        above = 0;
        below = 0;
        rising.add(0, false);
        falling.add(0, false);
    }

    @Override
    public double mean() {
        return count == 0 ? Double.NaN : mean;
    }
}
