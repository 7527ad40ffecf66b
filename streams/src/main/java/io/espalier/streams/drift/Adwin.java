package io.espalier.streams.drift;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * ADWIN2 (Bifet and Gavaldà, 2007): a window over the latest numbers. Its older end is dropped where that end has another
 * mean than the numbers that follow, all of it at once, so that a change is one alarm. The window is an exponential
 * histogram: levels of at most {@link #MAX_BUCKETS} buckets, each of 2^level numbers, so n numbers take O(log n) memory.
 * A number takes O(log n) time.
 */
public final class Adwin implements DriftDetector {
    /** The most buckets of one level; one more, and two of them become one of the next. */
    private static final int MAX_BUCKETS = 5;
    /** Fewer numbers on one side prove nothing. */
    private static final long MIN_SIDE = 5;
    /** Older numbers than those of so many levels are forgotten: 5 · 2^40 are never reached, and bound the memory by name. */
    private static final int MAX_LEVELS = 40;

    private final double delta;
    private final double range;
    /** The newest bucket of each level comes last. */
    private final List<Deque<Bucket>> levels = new ArrayList<>();

    private Bucket all = new Bucket(0, 0, 0);

    /** A group of numbers: their count, their mean, and the sum of their squared distances from it. */
    private record Bucket(long count, double mean, double squares) {
        static Bucket of(double value) {
            return new Bucket(1, value, 0);
        }

        Bucket plus(Bucket other) {
            long n = count + other.count;
            double apart = other.mean - mean;
            double weight = (double) count * other.count / n;
            return new Bucket(n, mean + apart * other.count / n, squares + other.squares + weight * apart * apart);
        }

        /** The bucket without the numbers of another one, which are among its own. */
        Bucket minus(Bucket part) {
            long n = count - part.count;
            if (n == 0) {
                return new Bucket(0, 0, 0);
            }
            double rest = mean + (mean - part.mean) * part.count / n;
            double apart = part.mean - rest;
            double weight = (double) n * part.count / count;
            return new Bucket(n, rest, Math.max(0, squares - part.squares - weight * apart * apart));
        }

        double variance() {
            return squares / count;
        }
    }

    /**
     * Makes a detector whose window is empty.
     *
     * @param delta how likely a cut may be that nothing but chance explains, above 0 and below 1
     * @param range within which the numbers lie about their mean; a bound, not an estimate
     */
    public Adwin(double delta, double range) {
        if (!(delta > 0 && delta < 1) || !(range > 0)) {
            throw new IllegalArgumentException("ADWIN: delta " + delta + ", range " + range);
        }
        this.delta = delta;
        this.range = range;
    }

    @Override
    public Optional<Drift> add(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("ADWIN: " + value);
        }
        insert(Bucket.of(value));
        return cut();
    }

    private void insert(Bucket bucket) {
        all = all.count == 0 ? bucket : all.plus(bucket);
        Bucket carry = bucket;
        for (int level = 0; carry != null && level < MAX_LEVELS; level++) {
            if (level == levels.size()) {
                levels.add(new ArrayDeque<>());
            }
            Deque<Bucket> row = levels.get(level);
            row.addLast(carry);
            carry = row.size() > MAX_BUCKETS ? row.pollFirst().plus(row.pollFirst()) : null;
        }
        if (carry != null) {
            all = all.minus(carry);
        }
    }

    /** Drops what is older than the cut whose two sides differ the most, if they differ by more than chance allows. */
    private Optional<Drift> cut() {
        Bucket old = new Bucket(0, 0, 0);
        double most = 1;
        int passed = 0;
        int dropped = 0;
        Drift drift = null;
        for (Deque<Bucket> level : levels.reversed()) {
            for (Bucket bucket : level) {
                old = old.count == 0 ? bucket : old.plus(bucket);
                passed++;
                Bucket young = all.minus(old);
                if (old.count < MIN_SIDE || young.count < MIN_SIDE) {
                    continue;
                }
                double excess = Math.abs(old.mean - young.mean) / bound(old.count, young.count);
                if (excess > most) {
                    most = excess;
                    dropped = passed;
                    drift = new Drift(old.mean, young.mean);
                }
            }
        }
        for (int i = 0; i < dropped; i++) {
            dropOldest();
        }
        return Optional.ofNullable(drift);
    }

    private double bound(long old, long young) {
        double harmonic = 1 / (1.0 / old + 1.0 / young);
        double confidence = Math.log(2 * Math.log((double) all.count) / delta);
        return Math.sqrt(2 / harmonic * all.variance() * confidence) + 2 * range / (3 * harmonic) * confidence;
    }

    private void dropOldest() {
        while (levels.getLast().isEmpty()) {
            levels.removeLast();
        }
        all = all.minus(levels.getLast().pollFirst());
    }

    @Override
    public double mean() {
        return all.count == 0 ? Double.NaN : all.mean;
    }

    /** Numbers in the window. */
    public long width() {
        return all.count;
    }

    /** Buckets that it takes to hold them. */
    int buckets() {
        return levels.stream().mapToInt(Deque::size).sum();
    }
}
