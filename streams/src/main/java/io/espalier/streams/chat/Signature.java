package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parameters of a filter, a test or a method: names in order, with a default where one may be left out. A star
 * takes the rest of the positions; names after it are given by name alone. An argument without a parameter is refused.
 */
final class Signature {
    /** Stands for a parameter that must be given. */
    private static final Object REQUIRED = new Object();

    private final String name;
    private final Map<String, Object> positional = new LinkedHashMap<>();
    private final Map<String, Object> named = new LinkedHashMap<>();
    private boolean rest;

    private Signature(String name) {
        this.name = name;
    }

    /** @param text as Python writes it, such as {@code indent(width=4, first=False)} */
    static Signature of(String text) {
        Tokens tokens = new Tokens(text);
        Signature signature = new Signature(tokens.name());
        tokens.expectSign("(");
        while (!tokens.takeSign(")")) {
            if (tokens.takeSign("*")) {
                signature.rest = true;
                tokens.name();
            } else {
                String parameter = tokens.name();
                Object otherwise = tokens.takeSign("=")
                        ? new ExpressionEvaluator(Run.CONSTANT)
                                .value(new ExpressionParser(tokens).expression(), new TemplateScope(null))
                        : REQUIRED;
                (signature.rest ? signature.named : signature.positional).put(parameter, otherwise);
            }
            tokens.takeSign(",");
        }
        return signature;
    }

    String name() {
        return name;
    }

    /** Refuses what could not be bound, when a template is read. */
    void check(int positions, Iterable<String> names) {
        if (positions > positional.size() && !rest) {
            throw new TemplateException("'" + name + "' takes " + positional.size() + " arguments, not " + positions);
        }
        for (String given : names) {
            if (!positional.containsKey(given) && !named.containsKey(given)) {
                throw new TemplateException("argument '" + given + "' of '" + name + "' is not supported");
            }
        }
    }

    /** Arguments by the names of their parameters. */
    Bound bind(List<Object> arguments, Map<String, Object> byName) {
        check(arguments.size(), byName.keySet());
        Map<String, Object> values = new HashMap<>(positional);
        values.putAll(named);
        List<Object> others = new ArrayList<>();
        List<String> names = new ArrayList<>(positional.keySet());
        for (int i = 0; i < arguments.size(); i++) {
            if (i < names.size()) {
                values.put(names.get(i), arguments.get(i));
            } else {
                others.add(arguments.get(i));
            }
        }
        values.putAll(byName);
        values.forEach((parameter, value) -> {
            if (value == REQUIRED) {
                throw new TemplateException("'" + name + "' lacks its argument '" + parameter + "'");
            }
        });
        return new Bound(values, others);
    }

    /** Arguments of one call. */
    record Bound(Map<String, Object> values, List<Object> rest) {
        Object get(String parameter) {
            return values.get(parameter);
        }

        boolean isNull(String parameter) {
            return values.get(parameter) == null;
        }

        boolean truth(String parameter) {
            return Values.truth(values.get(parameter));
        }

        long integer(String parameter) {
            return Values.integer(values.get(parameter));
        }

        /** Refuses what is no text. */
        String text(String parameter) {
            return Values.text(values.get(parameter));
        }

        /** The argument as Python's {@code str} writes it. */
        String print(String parameter) {
            return Values.print(values.get(parameter));
        }
    }
}
