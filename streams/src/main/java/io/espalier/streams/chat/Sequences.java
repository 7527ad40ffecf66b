package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.List;

/** Parts of texts, lists and tuples, as Python takes them. */
final class Sequences {
    private Sequences() {}

    static List<Object> join(List<?> left, List<?> right) {
        if (left instanceof Tuple != right instanceof Tuple || left instanceof View || right instanceof View) {
            throw new TemplateException("only two lists or two tuples can be joined");
        }
        Run.size((long) left.size() + right.size());
        List<Object> both = new ArrayList<>(left);
        both.addAll(right);
        return left instanceof Tuple ? new Tuple(both) : both;
    }

    static Object repeat(Object value, long times) {
        long count = Math.max(0, times);
        if (value instanceof String text) {
            Run.size(Math.multiplyExact(text.length(), count));
            return text.repeat((int) count);
        }
        List<?> items = (List<?>) value;
        Run.size(Math.multiplyExact(items.size(), count));
        List<Object> all = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            all.addAll(items);
        }
        return value instanceof Tuple ? new Tuple(all) : all;
    }

    /** A negative place counts from the end; beyond either end there is nothing. */
    static Object item(Object of, long at) {
        long size = Values.length(of);
        long i = at < 0 ? at + size : at;
        if (i < 0 || i >= size) {
            return new Undefined("item " + at);
        }
        if (of instanceof String text) {
            int from = text.offsetByCodePoints(0, (int) i);
            return Character.toString(text.codePointAt(from));
        }
        return ((List<?>) of).get((int) i);
    }

    /**
     * Slices a value as Python does: a negative bound counts from the end, a negative step goes backwards; null stands
     * for none.
     */
    static Object slice(Object of, Object from, Object to, Object by) {
        if (!(of instanceof String) && !(of instanceof List<?>)) {
            return new Undefined("a slice");
        }
        List<Object> items = Values.iterate(of);
        long step = by == null ? 1 : Values.integer(by);
        if (step == 0) {
            throw new TemplateException("the step of a slice is 0");
        }
        long size = items.size();
        long low = step > 0 ? 0 : -1;
        long high = step > 0 ? size : size - 1;
        long first = bound(from, size, low, high, step > 0 ? low : high);
        long last = bound(to, size, low, high, step > 0 ? high : low);
        List<Object> taken = new ArrayList<>();
        for (long i = first; step > 0 ? i < last : i > last; i += step) {
            taken.add(items.get((int) i));
        }
        if (of instanceof String) {
            return String.join("", taken.stream().map(Values::print).toList());
        }
        return of instanceof Tuple ? new Tuple(taken) : taken;
    }

    private static long bound(Object bound, long size, long low, long high, long absent) {
        if (bound == null) {
            return absent;
        }
        long at = Values.integer(bound);
        return Math.clamp(at < 0 ? at + size : at, low, high);
    }
}
