package io.espalier.actors.node;

import java.util.ArrayList;
import java.util.List;

/** Durations of one thing that happened several times. */
final class Times {
    private static final double NANOS_PER_MILLI = 1e6;

    private final String what;
    private final List<Long> nanos = new ArrayList<>();

    Times(String what) {
        this.what = what;
    }

    void add(long duration) {
        nanos.add(duration);
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
