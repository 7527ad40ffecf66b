package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Values as Python has them: what is true, equal, longer, and how each is written. */
final class Values {
    private Values() {}

    static boolean truth(Object value) {
        return switch (value) {
            case null -> false;
            case Undefined _ -> false;
            case Boolean b -> b;
            case Number n -> n.doubleValue() != 0;
            case String s -> !s.isEmpty();
            case Markup safe -> !safe.text().isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }

    static boolean equal(Object a, Object b) {
        Object left = plain(a);
        Object right = plain(b);
        if (left instanceof Double || right instanceof Double) {
            return left instanceof Number x && right instanceof Number y && x.doubleValue() == y.doubleValue();
        }
        if (left instanceof List<?> x && right instanceof List<?> y) {
            return x instanceof Tuple == y instanceof Tuple && equalItems(x, y);
        }
        if (left instanceof Map<?, ?> x && right instanceof Map<?, ?> y) {
            return x.size() == y.size()
                    && x.keySet().stream().allMatch(key -> y.containsKey(key) && equal(x.get(key), y.get(key)));
        }
        return left instanceof Undefined ? right instanceof Undefined : Objects.equals(left, right);
    }

    private static boolean equalItems(List<?> x, List<?> y) {
        boolean equal = x.size() == y.size();
        for (int i = 0; equal && i < x.size(); i++) {
            equal = equal(x.get(i), y.get(i));
        }
        return equal;
    }

    /** True is 1, and safe text is text. */
    private static Object plain(Object value) {
        return switch (value) {
            case Boolean b -> b ? 1L : 0L;
            case Markup safe -> safe.text();
            case null, default -> value;
        };
    }

    static int compare(Object a, Object b) {
        Object left = plain(a);
        Object right = plain(b);
        if (left instanceof Long x && right instanceof Long y) {
            return Long.compare(x, y);
        }
        if (left instanceof Number x && right instanceof Number y) {
            return Double.compare(x.doubleValue(), y.doubleValue());
        }
        if (left instanceof String x && right instanceof String y) {
            return PythonText.compare(x, y);
        }
        if (left instanceof List<?> x && right instanceof List<?> y && x instanceof Tuple == y instanceof Tuple) {
            for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
                if (!equal(x.get(i), y.get(i))) {
                    return compare(x.get(i), y.get(i));
                }
            }
            return Integer.compare(x.size(), y.size());
        }
        throw new TemplateException("cannot compare " + represent(a) + " with " + represent(b));
    }

    static boolean contains(Object container, Object item) {
        return switch (plain(container)) {
            case String s when plain(item) instanceof String part -> s.contains(part);
            case List<?> list -> list.stream().anyMatch(each -> equal(each, item));
            case Map<?, ?> map -> map.containsKey(item);
            case Generated generated -> generated.take().stream().anyMatch(each -> equal(each, item));
            case Undefined _ -> false;
            case null, default ->
                throw new TemplateException("cannot look for " + represent(item) + " in " + represent(container));
        };
    }

    /** The items that a loop goes over: items of a list, characters of a string, keys of a map. */
    static List<Object> iterate(Object value) {
        return switch (plain(value)) {
            case List<?> list -> new ArrayList<>(list);
            case Map<?, ?> map -> new ArrayList<>(map.keySet());
            case Generated generated -> generated.take();
            case String s ->
                s.codePoints().<Object>mapToObj(Character::toString).toList();
            case Undefined _ -> List.of();
            case null, default -> throw new TemplateException(represent(value) + " cannot be gone over");
        };
    }

    static long length(Object value) {
        return switch (plain(value)) {
            case String s -> s.codePointCount(0, s.length());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Undefined _ -> 0;
            case null, default -> throw new TemplateException(represent(value) + " has no length");
        };
    }

    static long integer(Object value) {
        if (plain(value) instanceof Long n) {
            return n;
        }
        throw new TemplateException(represent(value) + " is no integer of 64 bits");
    }

    /** The text that it is; anything else is refused. */
    static String text(Object value) {
        if (plain(value) instanceof String text) {
            return text;
        }
        throw new TemplateException(represent(value) + " is no text");
    }

    /** Writes a value as Python's {@code str} does. */
    static String print(Object value) {
        return switch (value) {
            case String s -> s;
            case Markup safe -> safe.text();
            case Undefined _ -> "";
            case null, default -> represent(value);
        };
    }

    /** Writes a value as Python's {@code repr} does. */
    static String represent(Object value) {
        StringBuilder out = new StringBuilder();
        represent(value, out);
        return out.toString();
    }

    private static void represent(Object value, StringBuilder out) {
        switch (value) {
            case null -> out.append("None");
            case Boolean b -> out.append(b ? "True" : "False");
            case Double d -> out.append(Numbers.represent(d));
            case Number n -> out.append(n);
            case String s -> PythonText.quote(s, out);
            case Undefined _ -> out.append("Undefined");
            case View view -> {
                represent(view.items(), out.append(view.name()).append('('));
                out.append(')');
            }
            case List<?> list -> represent(list, out);
            case Map<?, ?> map -> {
                out.append('{');
                String between = "";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(between);
                    represent(entry.getKey(), out);
                    represent(entry.getValue(), out.append(": "));
                    between = ", ";
                }
                out.append('}');
            }
            default -> throw new TemplateException("cannot write out " + kind(value));
        }
    }

    private static void represent(List<?> list, StringBuilder out) {
        out.append(list instanceof Tuple ? '(' : '[');
        String between = "";
        for (Object item : list) {
            represent(item, out.append(between));
            between = ", ";
        }
        out.append(list instanceof Tuple ? (list.size() == 1 ? ",)" : ")") : "]");
    }

    /** The name of a value's kind in messages. */
    private static String kind(Object value) {
        return switch (value) {
            case Markup _ -> "text declared safe";
            case Method method -> "method ." + method.name() + "()";
            case Generated _ -> "what a filter goes over";
            case Function _ -> "a function";
            case Namespace _ -> "a namespace";
            default -> "a loop's state";
        };
    }
}
