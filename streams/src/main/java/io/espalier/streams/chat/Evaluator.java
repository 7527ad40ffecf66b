package io.espalier.streams.chat;

import io.espalier.streams.chat.Expression.Arguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Works out expressions in a scope. */
final class Evaluator {
    private Evaluator() {}

    static Object value(Expression expression, Scope scope) {
        return switch (expression) {
            case Expression.Literal literal -> literal.value();
            case Expression.Name name -> scope.get(name.name());
            case Expression.ListOf list -> values(list.items(), scope);
            case Expression.MapOf map -> {
                Map<Object, Object> made = new LinkedHashMap<>();
                for (int i = 0; i < map.keys().size(); i++) {
                    made.put(value(map.keys().get(i), scope), value(map.values().get(i), scope));
                }
                yield made;
            }
            case Expression.Attribute attribute -> attribute(value(attribute.of(), scope), attribute.name());
            case Expression.Index index -> index(value(index.of(), scope), value(index.at(), scope));
            case Expression.Slice slice -> slice(slice, scope);
            case Expression.Call call -> call(call, scope);
            case Expression.Filter filter ->
                Filters.apply(
                        filter.name(),
                        value(filter.of(), scope),
                        values(filter.arguments().positional(), scope),
                        named(filter.arguments(), scope));
            case Expression.Test test ->
                Tests.holds(test.name(), value(test.of(), scope), values(test.arguments(), scope));
            case Expression.Not not -> !Values.truth(value(not.of(), scope));
            case Expression.Negative negative -> negative(value(negative.of(), scope));
            case Expression.Binary binary -> binary(binary, scope);
            case Expression.Comparison comparison -> compare(comparison, scope);
            case Expression.Conditional conditional -> {
                if (Values.truth(value(conditional.condition(), scope))) {
                    yield value(conditional.then(), scope);
                }
                yield conditional.otherwise() == null
                        ? new Undefined("a value without else")
                        : value(conditional.otherwise(), scope);
            }
        };
    }

    private static List<Object> values(List<Expression> expressions, Scope scope) {
        List<Object> values = new ArrayList<>();
        for (Expression expression : expressions) {
            values.add(value(expression, scope));
        }
        return values;
    }

    private static Map<String, Object> named(Arguments arguments, Scope scope) {
        Map<String, Object> named = new LinkedHashMap<>();
        arguments.named().forEach((name, expression) -> named.put(name, value(expression, scope)));
        return named;
    }

    /** A field that is not there is undefined; of what is itself not there, it is a mistake. */
    static Object attribute(Object of, String name) {
        return switch (of) {
            case Map<?, ?> map -> map.containsKey(name) ? map.get(name) : new Undefined(name);
            case Namespace namespace ->
                namespace.values().containsKey(name) ? namespace.values().get(name) : new Undefined(name);
            case Undefined missing -> throw new TemplateException(missing.name() + " is not there: no ." + name);
            case null, default -> new Undefined(name);
        };
    }

    private static Object index(Object of, Object at) {
        return switch (of) {
            case Map<?, ?> map -> map.containsKey(at) ? map.get(at) : new Undefined(Values.print(at));
            case List<?> list
            when at instanceof Long n -> {
                long i = n < 0 ? n + list.size() : n;
                yield i < 0 || i >= list.size() ? new Undefined("item " + n) : list.get(Math.toIntExact(i));
            }
            case String text
            when at instanceof Long n -> {
                List<Object> characters = Values.iterate(text);
                long i = n < 0 ? n + characters.size() : n;
                yield i < 0 || i >= characters.size() ? new Undefined("item " + n) : characters.get((int) i);
            }
            case null, default -> attribute(of, Values.print(at));
        };
    }

    /** As Python slices: a negative bound counts from the end, a negative step goes backwards. */
    private static Object slice(Expression.Slice slice, Scope scope) {
        Object of = value(slice.of(), scope);
        List<Object> items = Values.iterate(of);
        long step = slice.step() == null ? 1 : Values.integer(value(slice.step(), scope));
        if (step == 0) {
            throw new TemplateException("the step of a slice is 0");
        }
        long size = items.size();
        long low = step > 0 ? 0 : -1;
        long high = step > 0 ? size : size - 1;
        long from = bound(slice.from(), scope, size, low, high, step > 0 ? low : high);
        long to = bound(slice.to(), scope, size, low, high, step > 0 ? high : low);
        List<Object> taken = new ArrayList<>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            taken.add(items.get(Math.toIntExact(i)));
        }
        return of instanceof String
                ? String.join("", taken.stream().map(Values::print).toList())
                : taken;
    }

    private static long bound(Expression bound, Scope scope, long size, long low, long high, long absent) {
        Object value = bound == null ? null : value(bound, scope);
        if (value == null) {
            return absent;
        }
        long at = Values.integer(value);
        return Math.clamp(at < 0 ? at + size : at, low, high);
    }

    private static Object call(Expression.Call call, Scope scope) {
        List<Object> arguments = values(call.arguments().positional(), scope);
        if (call.callee() instanceof Expression.Attribute method) {
            Object of = value(method.of(), scope);
            if (!(of instanceof Namespace)) {
                return Methods.call(of, method.name(), arguments);
            }
        }
        Object callee = value(call.callee(), scope);
        if (callee instanceof Function function) {
            return function.call(arguments, named(call.arguments(), scope));
        }
        throw new TemplateException(
                callee instanceof Undefined missing
                        ? "function " + missing.name() + "() is not supported"
                        : Values.represent(callee) + " cannot be called");
    }

    private static Object negative(Object value) {
        if (value instanceof Double real) {
            return -real;
        }
        return -Values.integer(value);
    }

    private static Object binary(Expression.Binary binary, Scope scope) {
        Object left = value(binary.left(), scope);
        return switch (binary.operator()) {
            case "and" -> Values.truth(left) ? value(binary.right(), scope) : left;
            case "or" -> Values.truth(left) ? left : value(binary.right(), scope);
            default -> arithmetic(binary.operator(), left, value(binary.right(), scope));
        };
    }

    private static Object arithmetic(String operator, Object left, Object right) {
        if (operator.equals("~")) {
            return Values.print(left) + Values.print(right);
        }
        if (operator.equals("+") && left instanceof String a && right instanceof String b) {
            return a + b;
        }
        if (operator.equals("+") && left instanceof List<?> a && right instanceof List<?> b) {
            List<Object> both = new ArrayList<>(a);
            both.addAll(b);
            return both;
        }
        if (operator.equals("*") && left instanceof String a && right instanceof Long n) {
            return a.repeat(Math.toIntExact(Math.max(0, n)));
        }
        if (!(left instanceof Number a) || !(right instanceof Number b)) {
            throw new TemplateException(
                    "cannot work out " + Values.represent(left) + " " + operator + " " + Values.represent(right));
        }
        boolean whole = !(left instanceof Double) && !(right instanceof Double) && !operator.equals("/");
        return whole ? whole(operator, a.longValue(), b.longValue()) : real(operator, a.doubleValue(), b.doubleValue());
    }

    private static Object whole(String operator, long a, long b) {
        return switch (operator) {
            case "+" -> Math.addExact(a, b);
            case "-" -> Math.subtractExact(a, b);
            case "*" -> Math.multiplyExact(a, b);
            case "//" -> Math.floorDiv(a, b);
            case "%" -> Math.floorMod(a, b);
            default -> throw new IllegalStateException("an unknown operator: " + operator);
        };
    }

    private static Object real(String operator, double a, double b) {
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor(a / b);
            case "%" -> a - b * Math.floor(a / b);
            default -> throw new IllegalStateException("an unknown operator: " + operator);
        };
    }

    private static boolean compare(Expression.Comparison comparison, Scope scope) {
        Object left = value(comparison.first(), scope);
        for (int i = 0; i < comparison.operators().size(); i++) {
            Object right = value(comparison.rest().get(i), scope);
            if (!holds(comparison.operators().get(i), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private static boolean holds(String operator, Object left, Object right) {
        return switch (operator) {
            case "==" -> Values.equal(left, right);
            case "!=" -> !Values.equal(left, right);
            case "<" -> Values.compare(left, right) < 0;
            case "<=" -> Values.compare(left, right) <= 0;
            case ">" -> Values.compare(left, right) > 0;
            case ">=" -> Values.compare(left, right) >= 0;
            case "in" -> Values.contains(right, left);
            case "not in" -> !Values.contains(right, left);
            default -> throw new IllegalStateException("an unknown operator: " + operator);
        };
    }
}
