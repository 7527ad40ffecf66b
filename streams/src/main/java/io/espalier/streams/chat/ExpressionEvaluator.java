package io.espalier.streams.chat;

import io.espalier.streams.chat.Expression.Arguments;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Works out expressions in a scope. Used by one thread. */
final class ExpressionEvaluator {
    private final Run run;

    ExpressionEvaluator(Run run) {
        this.run = run;
    }

    Object value(Expression expression, TemplateScope scope) {
        return switch (expression) {
            case Expression.Literal literal -> literal.value();
            case Expression.Name name -> scope.get(name.name());
            case Expression.ListOf list -> values(list.items(), scope);
            case Expression.TupleOf tuple -> new Tuple(values(tuple.items(), scope));
            case Expression.MapOf map -> map(map, scope);
            case Expression.Attribute attribute -> attribute(value(attribute.of(), scope), attribute.name());
            case Expression.Index index -> index(value(index.of(), scope), value(index.at(), scope));
            case Expression.Slice slice ->
                Sequences.slice(
                        value(slice.of(), scope),
                        optional(slice.from(), scope),
                        optional(slice.to(), scope),
                        optional(slice.step(), scope));
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
            case Expression.Sign sign -> signed(sign.negative(), value(sign.of(), scope));
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

    private Object optional(Expression expression, TemplateScope scope) {
        return expression == null ? null : value(expression, scope);
    }

    private List<Object> values(List<Expression> expressions, TemplateScope scope) {
        List<Object> values = new ArrayList<>();
        for (Expression expression : expressions) {
            values.add(value(expression, scope));
        }
        return values;
    }

    private Map<Object, Object> map(Expression.MapOf map, TemplateScope scope) {
        Map<Object, Object> made = new LinkedHashMap<>();
        for (int i = 0; i < map.keys().size(); i++) {
            Object key = value(map.keys().get(i), scope);
            Object same = made.keySet().stream()
                    .filter(each -> Values.equal(each, key))
                    .findFirst()
                    .orElse(key);
            made.put(same, value(map.values().get(i), scope));
        }
        return made;
    }

    private Map<String, Object> named(Arguments arguments, TemplateScope scope) {
        Map<String, Object> named = new LinkedHashMap<>();
        arguments.named().forEach((name, expression) -> named.put(name, value(expression, scope)));
        return named;
    }

    /**
     * The value behind a dot: a method hides a key of its name. A field that is not there is undefined; the field of an
     * undefined value is a mistake.
     */
    static Object attribute(Object of, String name) {
        Object method = Methods.find(of, name);
        if (method != null) {
            return method;
        }
        return switch (of) {
            case Map<?, ?> map -> map.containsKey(name) ? map.get(name) : new Undefined(name);
            case Namespace namespace ->
                namespace.values().containsKey(name) ? namespace.values().get(name) : new Undefined(name);
            case LoopState loop -> loop.attribute(name);
            case Undefined missing -> throw new TemplateException(missing.name() + " is not there: no ." + name);
            case null, default -> new Undefined(name);
        };
    }

    /** The value that brackets select: a key hides a method of its name. */
    static Object index(Object of, Object at) {
        return switch (of) {
            case Map<?, ?> map when map.containsKey(at) -> map.get(at);
            case View _ -> new Undefined(Values.print(at));
            case List<?> list when at instanceof Long n -> Sequences.item(list, n);
            case String text when at instanceof Long n -> Sequences.item(text, n);
            case null, default -> at instanceof String name ? attribute(of, name) : notThere(of, at);
        };
    }

    private static Undefined notThere(Object of, Object at) {
        if (of instanceof Undefined missing) {
            throw new TemplateException(missing.name() + " is not there: no [" + Values.represent(at) + "]");
        }
        return new Undefined(Values.print(at));
    }

    private Object call(Expression.Call call, TemplateScope scope) {
        Object callee = callee(call.callee(), scope);
        List<Object> arguments = values(call.arguments().positional(), scope);
        Map<String, Object> named = named(call.arguments(), scope);
        run.step();
        return switch (callee) {
            case Function function -> function.call(arguments, named);
            case Method method -> Methods.call(method.of(), method.name(), arguments, named);
            case Undefined missing -> throw new TemplateException("function " + missing.name() + "() is not supported");
            case null, default -> throw new TemplateException(Values.represent(callee) + " cannot be called");
        };
    }

    /** A method that is not known is named with what it is called on. */
    private Object callee(Expression callee, TemplateScope scope) {
        if (!(callee instanceof Expression.Attribute attribute)) {
            return value(callee, scope);
        }
        Object of = value(attribute.of(), scope);
        Object found = attribute(of, attribute.name());
        return found instanceof Undefined ? new Method(of, attribute.name()) : found;
    }

    private static Object signed(boolean negative, Object value) {
        if (value instanceof Double real) {
            return negative ? -real : real;
        }
        long whole = Values.integer(value);
        return negative ? Math.negateExact(whole) : whole;
    }

    private Object binary(Expression.Binary binary, TemplateScope scope) {
        Object left = value(binary.left(), scope);
        return switch (binary.operator()) {
            case "and" -> Values.truth(left) ? value(binary.right(), scope) : left;
            case "or" -> Values.truth(left) ? left : value(binary.right(), scope);
            case "~" -> concatenation(Values.print(left), Values.print(value(binary.right(), scope)));
            default -> Numbers.calculate(binary.operator(), left, value(binary.right(), scope));
        };
    }

    private static String concatenation(String left, String right) {
        Run.size((long) left.length() + right.length());
        return left + right;
    }

    private boolean compare(Expression.Comparison comparison, TemplateScope scope) {
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
