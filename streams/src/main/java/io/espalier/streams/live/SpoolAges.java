package io.espalier.streams.live;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/** The times at which records came, to within a part of the greatest age. Not safe for several threads. */
final class SpoolAges {
    /** The number of parts of the greatest age, and so of entries, at most. */
    private static final int PARTS = 1000;

    private final Duration apart;
    private final Deque<Came> came = new ArrayDeque<>();

    private record Came(long offset, Instant time) {}

    SpoolAges(Duration maxAge) {
        this.apart = maxAge.dividedBy(PARTS);
    }

    void add(long offset, Instant time) {
        if (came.isEmpty() || !time.isBefore(came.getLast().time().plus(apart))) {
            came.add(new Came(offset, time));
        }
    }

    /** Forgets what lies before a record, but for what tells when about it came. */
    void forget(long before) {
        while (came.size() > 1 && secondOffset() <= before) {
            came.poll();
        }
    }

    private long secondOffset() {
        return came.stream().skip(1).findFirst().orElseThrow().offset();
    }

    /** Whether the oldest that is remembered came before a time. */
    boolean isBefore(Instant time) {
        return !came.isEmpty() && came.getFirst().time().isBefore(time);
    }
}
