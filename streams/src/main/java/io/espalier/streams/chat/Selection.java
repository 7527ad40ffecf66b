package io.espalier.streams.chat;

import io.espalier.streams.chat.Signature.Bound;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Filters that go over items and choose, order or change them. */
final class Selection {
    private Selection() {}

    /** A field of a field by dots; digits are a place in a list. */
    static Object at(Object item, Object path) {
        return at(item, path, null);
    }

    private static Object at(Object item, Object path, Object otherwise) {
        if (!(path instanceof String text)) {
            return present(ExpressionEvaluator.index(item, path), otherwise);
        }
        Object value = item;
        for (Object part : PythonText.split(text, ".", -1)) {
            String name = (String) part;
            boolean digits = !name.isEmpty() && name.chars().allMatch(Character::isDigit);
            value = present(ExpressionEvaluator.index(value, digits ? (Object) Long.valueOf(name) : name), otherwise);
        }
        return value;
    }

    private static Object present(Object value, Object otherwise) {
        return value instanceof Undefined && otherwise != null ? otherwise : value;
    }

    static Object map(Object value, Bound a) {
        List<Object> mapped = new ArrayList<>();
        if (!a.isNull("attribute")) {
            for (Object item : Values.iterate(value)) {
                mapped.add(at(item, a.get("attribute"), a.get("default")));
            }
            return new Generated(mapped);
        }
        if (a.rest().isEmpty()) {
            throw new TemplateException("'map' lacks a filter or an attribute");
        }
        String filter = Values.text(a.rest().getFirst());
        for (Object item : Values.iterate(value)) {
            mapped.add(Filters.apply(filter, item, a.rest().subList(1, a.rest().size()), Map.of()));
        }
        return new Generated(mapped);
    }

    static Object select(Object value, Bound a, boolean wanted) {
        List<Object> kept = new ArrayList<>();
        for (Object item : Values.iterate(value)) {
            if (passes(item, a.rest()) == wanted) {
                kept.add(item);
            }
        }
        return new Generated(kept);
    }

    static Object selectAttribute(Object value, Bound a, boolean wanted) {
        List<Object> kept = new ArrayList<>();
        for (Object item : Values.iterate(value)) {
            if (passes(at(item, a.get("attribute")), a.rest()) == wanted) {
                kept.add(item);
            }
        }
        return new Generated(kept);
    }

    /** Whether an item passes a test; where no test is given, whether the item is true. */
    private static boolean passes(Object value, List<Object> test) {
        return test.isEmpty()
                ? Values.truth(value)
                : Tests.holds(Values.text(test.getFirst()), value, test.subList(1, test.size()));
    }

    /** Sorts items by one attribute, or by several with commas between them. */
    static Object sort(Object value, Bound a) {
        Comparator<Object> order = (x, y) -> Values.compare(key(x, a), key(y, a));
        if (a.get("attribute") instanceof String attributes && attributes.contains(",")) {
            order = (x, y) -> Values.compare(keys(x, a), keys(y, a));
        }
        return sorted(Values.iterate(value), order, a.truth("reverse"));
    }

    /** Equal items keep their order, reversed or not. */
    private static List<Object> sorted(List<Object> items, Comparator<Object> order, boolean reverse) {
        List<Object> sorted = new ArrayList<>(items);
        sorted.sort(reverse ? order.reversed() : order);
        return sorted;
    }

    private static Object key(Object item, Bound a) {
        return cased(a.isNull("attribute") ? item : at(item, a.get("attribute")), a);
    }

    private static List<Object> keys(Object item, Bound a) {
        List<Object> keys = new ArrayList<>();
        for (Object attribute : PythonText.split(a.text("attribute"), ",", -1)) {
            keys.add(cased(at(item, attribute), a));
        }
        return keys;
    }

    private static Object cased(Object value, Bound a) {
        return value instanceof String text && !a.truth("case_sensitive") ? text.toLowerCase(Locale.ROOT) : value;
    }

    static Object unique(Object value, Bound a) {
        List<Object> seen = new ArrayList<>();
        List<Object> kept = new ArrayList<>();
        for (Object item : Values.iterate(value)) {
            Object key = key(item, a);
            if (seen.stream().noneMatch(each -> Values.equal(each, key))) {
                seen.add(key);
                kept.add(item);
            }
        }
        return new Generated(kept);
    }

    /** The first of the smallest, or of the largest where {@code sign} is 1. */
    static Object extreme(Object value, Bound a, int sign) {
        List<Object> items = Values.iterate(value);
        Object best = items.isEmpty() ? new Undefined("the first item") : items.getFirst();
        for (Object item : items) {
            if (sign * Values.compare(key(item, a), key(best, a)) > 0) {
                best = item;
            }
        }
        return best;
    }

    static Object sum(Object value, Bound a) {
        Object sum = a.get("start");
        for (Object item : Values.iterate(value)) {
            sum = Numbers.calculate("+", sum, a.isNull("attribute") ? item : at(item, a.get("attribute")));
        }
        return sum;
    }

    static Object sortMap(Object value, Bound a) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new TemplateException(Values.represent(value) + " is no map for '| dictsort'");
        }
        int by = switch (a.text("by")) {
            case "key" -> 0;
            case "value" -> 1;
            default -> throw new TemplateException("argument 'by' of 'dictsort' must be 'key' or 'value'");
        };
        Comparator<Object> order =
                (x, y) -> Values.compare(cased(((Tuple) x).get(by), a), cased(((Tuple) y).get(by), a));
        return sorted(Methods.items(map), order, a.truth("reverse"));
    }
}
