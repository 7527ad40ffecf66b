package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes nodes out. Used by one thread. */
final class Renderer {
    /** What a template may write at most, in characters: a mistake in it must not fill the memory. */
    private static final int MAX_CHARACTERS = 1 << 28;

    private static final int MAX_DEPTH = 64;
    private static final int MAX_RANGE = 100_000;

    /** How a list of nodes ended. */
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private final StringBuilder out;
    private final int depth;

    Renderer(int depth) {
        if (depth > MAX_DEPTH) {
            throw new TemplateException("macros call each other more than " + MAX_DEPTH + " deep");
        }
        this.out = new StringBuilder();
        this.depth = depth;
    }

    String render(List<Node> nodes, Scope scope) {
        run(nodes, scope);
        return out.toString();
    }

    private Flow run(List<Node> nodes, Scope scope) {
        for (Node node : nodes) {
            Flow flow = run(node, scope);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Node node, Scope scope) {
        switch (node) {
            case Node.Text text -> write(text.text());
            case Node.Print print -> write(Values.print(Evaluator.value(print.value(), scope)));
            case Node.If choice -> {
                boolean holds = Values.truth(Evaluator.value(choice.condition(), scope));
                return run(holds ? choice.then() : choice.otherwise(), scope);
            }
            case Node.For loop -> loop(loop, scope);
            case Node.Set set -> set(set, scope);
            case Node.Capture capture ->
                scope.set(capture.name(), new Renderer(depth + 1).render(capture.body(), new Scope(scope)));
            case Node.Macro macro -> scope.set(macro.name(), function(macro, scope));
            case Node.Break _ -> {
                return Flow.BREAK;
            }
            case Node.Continue _ -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NEXT;
    }

    private void write(String text) {
        if (out.length() + (long) text.length() > MAX_CHARACTERS) {
            throw new TemplateException("writes more than " + MAX_CHARACTERS + " characters");
        }
        out.append(text);
    }

    private static void set(Node.Set set, Scope scope) {
        Object value = Evaluator.value(set.value(), scope);
        if (set.attribute() == null) {
            bind(set.names(), value, scope);
        } else if (scope.get(set.names().getFirst()) instanceof Namespace namespace) {
            namespace.values().put(set.attribute(), value);
        } else {
            throw new TemplateException(
                    "only a namespace's fields can be set, not " + set.names().getFirst() + "." + set.attribute());
        }
    }

    private static void bind(List<String> names, Object value, Scope scope) {
        if (names.size() == 1) {
            scope.set(names.getFirst(), value);
            return;
        }
        List<Object> values = Values.iterate(value);
        if (values.size() != names.size()) {
            throw new TemplateException(values.size() + " values for " + names);
        }
        for (int i = 0; i < names.size(); i++) {
            scope.set(names.get(i), values.get(i));
        }
    }

    private void loop(Node.For loop, Scope scope) {
        List<Object> items = new ArrayList<>();
        for (Object item : Values.iterate(Evaluator.value(loop.over(), scope))) {
            Scope inner = new Scope(scope);
            bind(loop.names(), item, inner);
            if (loop.condition() == null || Values.truth(Evaluator.value(loop.condition(), inner))) {
                items.add(item);
            }
        }
        if (items.isEmpty()) {
            run(loop.otherwise(), new Scope(scope));
        }
        for (int i = 0; i < items.size(); i++) {
            Scope inner = new Scope(scope);
            bind(loop.names(), items.get(i), inner);
            inner.set("loop", state(items, i));
            if (run(loop.body(), inner) == Flow.BREAK) {
                return;
            }
        }
    }

    private static Map<String, Object> state(List<Object> items, long i) {
        Map<String, Object> state = new HashMap<>();
        long size = items.size();
        state.put("index", i + 1);
        state.put("index0", i);
        state.put("revindex", size - i);
        state.put("revindex0", size - i - 1);
        state.put("first", i == 0);
        state.put("last", i == size - 1);
        state.put("length", size);
        if (i > 0) {
            state.put("previtem", items.get((int) i - 1));
        }
        if (i < size - 1) {
            state.put("nextitem", items.get((int) i + 1));
        }
        return state;
    }

    private Function function(Node.Macro macro, Scope scope) {
        return (arguments, named) -> {
            if (arguments.size() > macro.parameters().size()) {
                throw new TemplateException("too many arguments for " + macro.name() + "()");
            }
            Scope inner = new Scope(scope);
            for (int i = 0; i < macro.parameters().size(); i++) {
                String parameter = macro.parameters().get(i);
                Expression otherwise = macro.defaults().get(i);
                Object absent = otherwise == null ? new Undefined(parameter) : Evaluator.value(otherwise, inner);
                inner.set(
                        parameter,
                        i < arguments.size()
                                ? arguments.get(i)
                                : named.containsKey(parameter) ? named.get(parameter) : absent);
            }
            return new Renderer(depth + 1).render(macro.body(), inner);
        };
    }

    /** What every template may call. */
    static void functions(Scope scope) {
        scope.set("namespace", (Function) (_, named) -> new Namespace(new LinkedHashMap<>(named)));
        scope.set("dict", (Function) (_, named) -> new LinkedHashMap<Object, Object>(named));
        scope.set("range", (Function) (arguments, _) -> range(arguments));
        scope.set("raise_exception", (Function) (arguments, _) -> {
            throw new TemplateException("the template refuses: " + Values.print(arguments.getFirst()));
        });
    }

    private static List<Object> range(List<Object> arguments) {
        long from = arguments.size() > 1 ? Values.integer(arguments.getFirst()) : 0;
        long to = Values.integer(arguments.get(arguments.size() > 1 ? 1 : 0));
        long step = arguments.size() > 2 ? Values.integer(arguments.get(2)) : 1;
        List<Object> numbers = new ArrayList<>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            if (step == 0 || numbers.size() > MAX_RANGE) {
                throw new TemplateException("a range of more than " + MAX_RANGE + " numbers");
            }
            numbers.add(i);
        }
        return numbers;
    }
}
