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
            case Long n -> n != 0;
            case Double d -> d != 0;
            case String s -> !s.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }

    static boolean equal(Object a, Object b) {
        Object left = number(a);
        Object right = number(b);
        if (left instanceof Double || right instanceof Double) {
            return left instanceof Number x && right instanceof Number y && x.doubleValue() == y.doubleValue();
        }
        return Objects.equals(left, right);
    }

    /** JSON gives integers; true is 1. */
    private static Object number(Object value) {
        return switch (value) {
            case Boolean b -> b ? 1L : 0L;
            case Integer i -> i.longValue();
            case null, default -> value;
        };
    }

    static int compare(Object a, Object b) {
        Object left = number(a);
        Object right = number(b);
        if (left instanceof Long x && right instanceof Long y) {
            return Long.compare(x, y);
        }
        if (left instanceof Number x && right instanceof Number y) {
            return Double.compare(x.doubleValue(), y.doubleValue());
        }
        if (left instanceof String x && right instanceof String y) {
            return x.compareTo(y);
        }
        throw new TemplateException("cannot compare " + represent(a) + " with " + represent(b));
    }

    static boolean contains(Object container, Object item) {
        return switch (container) {
            case String s when item instanceof String part -> s.contains(part);
            case List<?> list -> list.stream().anyMatch(each -> equal(each, item));
            case Map<?, ?> map -> map.containsKey(item);
            case Undefined _ -> false;
            case null, default -> throw new TemplateException(represent(container) + " holds nothing to look in");
        };
    }

    /** What a loop goes over: characters of a string, keys of a map. */
    static List<Object> iterate(Object value) {
        return switch (value) {
            case List<?> list -> new ArrayList<>(list);
            case Map<?, ?> map -> new ArrayList<>(map.keySet());
            case String s ->
                s.codePoints().<Object>mapToObj(Character::toString).toList();
            case Undefined _ -> List.of();
            case null, default -> throw new TemplateException(represent(value) + " cannot be gone over");
        };
    }

    static long length(Object value) {
        return switch (value) {
            case String s -> s.codePointCount(0, s.length());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Undefined _ -> 0;
            case null, default -> throw new TemplateException(represent(value) + " has no length");
        };
    }

    static long integer(Object value) {
        return switch (number(value)) {
            case Long n -> n;
            case Double d -> d.longValue();
            case String s -> Long.parseLong(s.strip());
            case null, default -> throw new TemplateException(represent(value) + " is no integer");
        };
    }

    /** As {@code str} writes it. */
    static String print(Object value) {
        return value instanceof String s ? s : value instanceof Undefined ? "" : represent(value);
    }

    /** As {@code repr} writes it. */
    static String represent(Object value) {
        StringBuilder out = new StringBuilder();
        represent(value, out);
        return out.toString();
    }

    private static void represent(Object value, StringBuilder out) {
        switch (value) {
            case null -> out.append("None");
            case Boolean b -> out.append(b ? "True" : "False");
            case String s -> quote(s, out);
            case List<?> list -> {
                out.append('[');
                String between = "";
                for (Object item : list) {
                    out.append(between);
                    represent(item, out);
                    between = ", ";
                }
                out.append(']');
            }
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
            default -> out.append(value);
        }
    }

    private static void quote(String text, StringBuilder out) {
        char mark = text.contains("'") && !text.contains("\"") ? '"' : '\'';
        String escaped = text.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\t", "\\t")
                .replace("\r", "\\r");
        out.append(mark)
                .append(mark == '\'' ? escaped.replace("'", "\\'") : escaped)
                .append(mark);
    }
}
