package io.espalier.actors.meter;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The durations of things: all of them counted and added up, and the spread of the recent ones to within a fifth. Fixed
 * memory; any thread may record.
 */
public final class Durations {
    /** The buckets of each doubling, as a logarithm to base 2. */
    private static final int PARTS_LOG2 = 2;

    private static final int PARTS = 1 << PARTS_LOG2;
    private static final int BUCKETS = PARTS * (Long.SIZE - PARTS_LOG2);

    private final AtomicLong count = new AtomicLong();
    private final AtomicLong sum = new AtomicLong();
    private volatile AtomicLongArray recent = new AtomicLongArray(BUCKETS);
    private volatile AtomicLongArray before = new AtomicLongArray(BUCKETS);

    /** Takes note of one; a negative one is taken for none. */
    void record(long nanos) {
        long duration = Math.max(0, nanos);
        count.getAndIncrement();
        sum.getAndAdd(duration);
        recent.getAndIncrement(bucket(duration));
    }

    private static int bucket(long nanos) {
        if (nanos < PARTS) {
            return (int) nanos;
        }
        int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
        int part = (int) (nanos >>> (exponent - PARTS_LOG2)) & (PARTS - 1);
        return (exponent - PARTS_LOG2 + 1) * PARTS + part;
    }

    private static double middle(int bucket) {
        if (bucket < PARTS) {
            return bucket;
        }
        int exponent = bucket / PARTS + PARTS_LOG2 - 1;
        double width = Math.pow(2, exponent - PARTS_LOG2);
        return (PARTS + bucket % PARTS + 0.5) * width;
    }

    /** Forgets the spread of what lies further back than the last time this was called. */
    synchronized void forgetOld() {
        before = recent;
        recent = new AtomicLongArray(BUCKETS);
    }

    /** Seconds below which that share of the recent ones lies; 0 where there were none. */
    public double quantile(double share) {
        AtomicLongArray now = recent;
        AtomicLongArray then = before;
        long all = 0;
        for (int i = 0; i < BUCKETS; i++) {
            all += now.get(i) + then.get(i);
        }
        double wanted = share * all;
        long seen = 0;
        for (int i = 0; i < BUCKETS && all > 0; i++) {
            seen += now.get(i) + then.get(i);
            if (seen >= wanted && seen > 0) {
                return middle(i) * 1e-9;
            }
        }
        return 0;
    }

    public long count() {
        return count.get();
    }

    /** The sum of all durations, seconds. */
    public double sum() {
        return sum.get() * 1e-9;
    }
}
