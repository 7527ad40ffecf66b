package io.espalier.streams.chat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** The tests that may stand behind {@code is}. */
final class Tests {
    private static final Builtins<Object> ALL = new Builtins<Object>()
            .with("defined()", (value, _) -> !(value instanceof Undefined))
            .with("undefined()", (value, _) -> value instanceof Undefined)
            .with("none()", (value, _) -> value == null)
            .with("string()", (value, _) -> value instanceof String || value instanceof Markup)
            .with("number()", (value, _) -> Numbers.isNumber(value))
            .with("integer()", (value, _) -> value instanceof Number && !(value instanceof Double))
            .with("float()", (value, _) -> value instanceof Double)
            .with("boolean()", (value, _) -> value instanceof Boolean)
            .with("true()", (value, _) -> Boolean.TRUE.equals(value))
            .with("false()", (value, _) -> Boolean.FALSE.equals(value))
            .with("mapping()", (value, _) -> value instanceof Map<?, ?>)
            .with("sequence()", (value, _) -> isSequence(value))
            .with("iterable()", (value, _) -> isSequence(value) || value instanceof Generated)
            .with("callable()", (value, _) -> value instanceof Function || value instanceof Method)
            .with("eq(other)", (value, a) -> Values.equal(value, a.get("other")))
            .with("ne(other)", (value, a) -> !Values.equal(value, a.get("other")))
            .with("lt(other)", (value, a) -> Values.compare(value, a.get("other")) < 0)
            .with("le(other)", (value, a) -> Values.compare(value, a.get("other")) <= 0)
            .with("gt(other)", (value, a) -> Values.compare(value, a.get("other")) > 0)
            .with("ge(other)", (value, a) -> Values.compare(value, a.get("other")) >= 0)
            .with("in(seq)", (value, a) -> Values.contains(a.get("seq"), value))
            .with("sameas(other)", (value, a) -> same(value, a.get("other")))
            .with("odd()", (value, _) -> Math.floorMod(Values.integer(value), 2) == 1)
            .with("even()", (value, _) -> Math.floorMod(Values.integer(value), 2) == 0)
            .with("divisibleby(num)", (value, a) -> Math.floorMod(Values.integer(value), a.integer("num")) == 0)
            .with("lower()", (value, _) -> cased(value, Values.print(value).toLowerCase(Locale.ROOT)))
            .with("upper()", (value, _) -> cased(value, Values.print(value).toUpperCase(Locale.ROOT)))
            .with("filter()", (value, _) -> Filters.isKnown(Values.text(value)))
            .with("test()", (value, _) -> isKnown(Values.text(value)))
            .alias("equalto", "eq")
            .alias("==", "eq")
            .alias("!=", "ne")
            .alias("lessthan", "lt")
            .alias("<", "lt")
            .alias("<=", "le")
            .alias("greaterthan", "gt")
            .alias(">", "gt")
            .alias(">=", "ge");

    private Tests() {}

    private static boolean isKnown(String name) {
        return ALL.get(name) != null;
    }

    /** A template that needs another is refused before it is used, and so is an argument that a test does not take. */
    static String requireKnown(String name, int arguments) {
        if (!isKnown(name)) {
            throw new TemplateException("test 'is " + name + "' is not supported");
        }
        ALL.get(name).signature().check(arguments, List.of());
        return name;
    }

    static boolean holds(String name, Object value, List<Object> arguments) {
        requireKnown(name, arguments.size());
        Builtins.Entry<Object> test = ALL.get(name);
        return Values.truth(test.body().apply(value, test.signature().bind(arguments, Map.of())));
    }

    private static boolean isSequence(Object value) {
        return value instanceof List<?>
                || value instanceof String
                || value instanceof Markup
                || value instanceof Map<?, ?>
                || value instanceof Undefined;
    }

    /** Identity is told where equal values are always one. */
    private static boolean same(Object value, Object other) {
        if (value == null || other == null || value instanceof Boolean || other instanceof Boolean) {
            return Objects.equals(value, other);
        }
        throw new TemplateException("test 'is sameas' of " + Values.represent(other) + " is not supported");
    }

    private static boolean cased(Object value, String inCase) {
        String text = Values.print(value);
        return text.equals(inCase)
                && text.codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c));
    }
}
