package io.espalier.gpu.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A dimension of a tensor: spans of units, side by side where projections are stored as one. */
public record Axis(List<Span> spans) {
    /**
     * A run of units.
     *
     * @param first number of its first unit among those of its role in the layer
     * @param units how many there are
     * @param width elements of each
     */
    public record Span(Role role, int first, int units, int width) {
        long size() {
            return Math.multiplyExact((long) units, width);
        }
    }

    public static Axis of(Role role, int units) {
        return of(role, units, 1);
    }

    public static Axis of(Role role, int units, int width) {
        return new Axis(List.of(new Span(role, 0, units, width)));
    }

    public static Axis fixed(int size) {
        return of(Role.FIXED, size);
    }

    /** This axis, and another behind it. */
    public Axis then(Axis more) {
        List<Span> all = new ArrayList<>(spans);
        all.addAll(more.spans);
        return new Axis(List.copyOf(all));
    }

    /** The number of elements. */
    public long size() {
        return spans.stream().mapToLong(Span::size).reduce(0, Math::addExact);
    }

    /**
     * The elements that stay, ascending; null where all do.
     *
     * @param units units of a role that stay, ascending, in the layer's numbering; null where all do
     */
    public List<Integer> kept(Function<Role, List<Integer>> units) {
        if (spans.stream().allMatch(span -> units.apply(span.role) == null)) {
            return null;
        }
        List<Integer> kept = new ArrayList<>();
        int start = 0;
        for (Span span : spans) {
            List<Integer> stay = units.apply(span.role);
            for (int unit = 0; unit < span.units; unit++) {
                if (stay == null || java.util.Collections.binarySearch(stay, span.first + unit) >= 0) {
                    int from = start + unit * span.width;
                    IntStream.range(from, from + span.width).forEach(kept::add);
                }
            }
            start += Math.toIntExact(span.size());
        }
        return kept;
    }
}
