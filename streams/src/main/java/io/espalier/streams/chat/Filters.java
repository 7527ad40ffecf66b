package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What may stand behind {@code |}. */
final class Filters {
    private static final Set<String> KNOWN = Set.of(
            "trim",
            "length",
            "count",
            "tojson",
            "join",
            "upper",
            "lower",
            "title",
            "capitalize",
            "default",
            "d",
            "first",
            "last",
            "list",
            "items",
            "string",
            "int",
            "safe",
            "reverse",
            "replace",
            "selectattr",
            "rejectattr",
            "map",
            "indent");

    private Filters() {}

    /** A template that needs another is refused before it is used. */
    static String requireKnown(String name) {
        if (!KNOWN.contains(name)) {
            throw new TemplateException("filter '| " + name + "' is not supported");
        }
        return name;
    }

    static Object apply(String name, Object value, List<Object> arguments, Map<String, Object> named) {
        return switch (name) {
            case "trim" -> Methods.call(Values.print(value), "strip", arguments);
            case "length", "count" -> Values.length(value);
            case "tojson" -> PythonJson.write(defined(value), Math.toIntExact(indent(arguments, named)));
            case "join" ->
                Methods.call(
                        arguments.isEmpty() ? "" : Values.print(arguments.getFirst()), "join", List.of(defined(value)));
            case "upper", "lower", "title", "capitalize", "replace" ->
                Methods.call(Values.print(value), name, arguments);
            case "default", "d" -> otherwise(value, arguments, named);
            case "first" -> first(Values.iterate(value));
            case "last" -> first(Values.iterate(value).reversed());
            case "list" -> Values.iterate(value);
            case "items" -> value instanceof Undefined ? List.of() : Methods.call(value, "items", List.of());
            case "string", "safe" -> Values.print(value);
            case "int" -> Values.integer(value);
            case "reverse" -> reverse(value);
            case "selectattr" -> select(value, arguments, true);
            case "rejectattr" -> select(value, arguments, false);
            case "map" -> map(value, arguments, named);
            case "indent" ->
                Values.print(value)
                        .replace(
                                "\n",
                                "\n"
                                        + " "
                                                .repeat(Math.toIntExact(
                                                        arguments.isEmpty()
                                                                ? 4
                                                                : Values.integer(arguments.getFirst()))))
                        .lines()
                        .map(line -> line.isBlank() ? "" : line)
                        .collect(Collectors.joining("\n"));
            default -> throw new IllegalStateException("an unknown filter: " + name);
        };
    }

    private static Object defined(Object value) {
        if (value instanceof Undefined missing) {
            throw new TemplateException(missing.name() + " is not there");
        }
        return value;
    }

    private static long indent(List<Object> arguments, Map<String, Object> named) {
        Object indent = named.getOrDefault("indent", arguments.isEmpty() ? null : arguments.getFirst());
        return indent == null ? 0 : Values.integer(indent);
    }

    /** With {@code true} behind the value, what is empty counts as not there. */
    private static Object otherwise(Object value, List<Object> arguments, Map<String, Object> named) {
        boolean alsoEmpty = Values.truth(arguments.size() > 1 ? arguments.get(1) : named.get("boolean"));
        boolean missing = value instanceof Undefined || (alsoEmpty && !Values.truth(value));
        return missing ? (arguments.isEmpty() ? "" : arguments.getFirst()) : value;
    }

    private static Object first(List<Object> items) {
        return items.isEmpty() ? new Undefined("the first item") : items.getFirst();
    }

    private static Object reverse(Object value) {
        if (value instanceof String text) {
            return new StringBuilder(text).reverse().toString();
        }
        List<Object> items = Values.iterate(value);
        Collections.reverse(items);
        return items;
    }

    /** Items of which an attribute is true, or passes a test. */
    private static List<Object> select(Object value, List<Object> arguments, boolean wanted) {
        String attribute = Values.print(arguments.getFirst());
        String test = arguments.size() > 1 ? Tests.requireKnown(testName(arguments.get(1))) : null;
        List<Object> kept = new ArrayList<>();
        for (Object item : Values.iterate(value)) {
            Object of = Evaluator.attribute(item, attribute);
            boolean holds =
                    test == null ? Values.truth(of) : Tests.holds(test, of, arguments.subList(2, arguments.size()));
            if (holds == wanted) {
                kept.add(item);
            }
        }
        return kept;
    }

    private static String testName(Object name) {
        return name.equals("==") ? "eq" : Values.print(name).toLowerCase(Locale.ROOT);
    }

    private static List<Object> map(Object value, List<Object> arguments, Map<String, Object> named) {
        List<Object> mapped = new ArrayList<>();
        for (Object item : Values.iterate(value)) {
            mapped.add(
                    named.containsKey("attribute")
                            ? Evaluator.attribute(item, Values.print(named.get("attribute")))
                            : apply(
                                    requireKnown(Values.print(arguments.getFirst())),
                                    item,
                                    arguments.subList(1, arguments.size()),
                                    Map.of()));
        }
        return mapped;
    }
}
