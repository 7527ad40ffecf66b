package io.espalier.streams.chat;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** What may stand behind {@code is}. */
final class Tests {
    private static final Set<String> KNOWN = Set.of(
            "defined",
            "undefined",
            "none",
            "string",
            "number",
            "integer",
            "boolean",
            "true",
            "false",
            "mapping",
            "sequence",
            "iterable",
            "eq",
            "equalto",
            "ne",
            "in",
            "odd",
            "even",
            "divisibleby");

    private Tests() {}

    /** A template that needs another is refused before it is used. */
    static String requireKnown(String name) {
        if (!KNOWN.contains(name)) {
            throw new TemplateException("test 'is " + name + "' is not supported");
        }
        return name;
    }

    static boolean holds(String name, Object value, List<Object> arguments) {
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == null;
            case "string" -> value instanceof String;
            case "number" -> value instanceof Number || value instanceof Boolean;
            case "integer" -> value instanceof Long || value instanceof Integer;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "mapping" -> value instanceof Map<?, ?>;
            case "sequence", "iterable" ->
                value instanceof List<?> || value instanceof String || value instanceof Map<?, ?>;
            case "eq", "equalto" -> Values.equal(value, arguments.getFirst());
            case "ne" -> !Values.equal(value, arguments.getFirst());
            case "in" -> Values.contains(arguments.getFirst(), value);
            case "odd" -> Math.floorMod(Values.integer(value), 2) == 1;
            case "even" -> Math.floorMod(Values.integer(value), 2) == 0;
            case "divisibleby" -> Values.integer(value) % Values.integer(arguments.getFirst()) == 0;
            default -> throw new IllegalStateException("an unknown test: " + name);
        };
    }
}
