package io.espalier.actors.node;

import java.util.ArrayList;
import java.util.List;

/** Durations of one thing that happened several times. */
public final class Times {
    private static final double NANOS_PER_MILLI = 1e6;

    private final String what;
    private final List<Long> nanos = new ArrayList<>();

    public Times(String what) {
        this.what = what;
    }

    /** Takes in a duration in nanoseconds. */
    public void add(long duration) {
        nanos.add(duration);
    }

    /** The longest of them, in nanoseconds. */
    public long longest() {
        return nanos.stream().mapToLong(Long::longValue).max().orElseThrow();
    }

    @Override
    public String toString() {
        List<Long> sorted = nanos.stream().sorted().toList();
        return String.format(
                "%s: median %.0f ms, maximum %.0f ms of %d",
                what,
                sorted.get(sorted.size() / 2) / NANOS_PER_MILLI,
                sorted.getLast() / NANOS_PER_MILLI,
                sorted.size());
    }
}
