package io.espalier.streams.chat;

import io.espalier.streams.chat.Template.Range;
import java.util.ArrayList;
import java.util.List;

/** Writes nodes out. Used by one thread. */
final class Renderer {
    private static final int MAX_DEPTH = 64;

    /** The way in which a list of nodes ended. */
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private final Run run;
    private final ExpressionEvaluator evaluator;
    private final int depth;
    private final StringBuilder out = new StringBuilder();
    private final List<Range> generations = new ArrayList<>();

    Renderer(Run run, int depth) {
        if (depth > MAX_DEPTH) {
            throw new TemplateException("macros call each other more than " + MAX_DEPTH + " deep");
        }
        this.run = run;
        this.evaluator = new ExpressionEvaluator(run);
        this.depth = depth;
    }

    String render(List<TemplateNode> nodes, TemplateScope scope) {
        run(nodes, scope);
        return out.toString();
    }

    /** The ranges written within {@code generation}, without macros and captured text, whose place is not known. */
    List<Range> generations() {
        return generations;
    }

    private Flow run(List<TemplateNode> nodes, TemplateScope scope) {
        for (TemplateNode node : nodes) {
            Flow flow = run(node, scope);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(TemplateNode node, TemplateScope scope) {
        run.step();
        return switch (node) {
            case TemplateNode.If choice -> run(chosen(choice, scope), scope);
            case TemplateNode.Break _ -> Flow.BREAK;
            case TemplateNode.Continue _ -> Flow.CONTINUE;
            case TemplateNode.Generation generation -> generation(generation, scope);
            default -> {
                write(node, scope);
                yield Flow.NEXT;
            }
        };
    }

    private void write(TemplateNode node, TemplateScope scope) {
        switch (node) {
            case TemplateNode.Text text -> write(text.text());
            case TemplateNode.Print print -> write(Values.print(evaluator.value(print.value(), scope)));
            case TemplateNode.For loop -> loop(loop, scope);
            case TemplateNode.Set set -> set(set.names(), set.attribute(), evaluator.value(set.value(), scope), scope);
            case TemplateNode.Capture capture -> capture(capture, scope);
            case TemplateNode.Macro macro -> scope.set(macro.name(), function(macro, scope));
            case TemplateNode.If _, TemplateNode.Break _, TemplateNode.Continue _, TemplateNode.Generation _ ->
                throw new IllegalStateException("changes the flow: " + node);
        }
    }

    private void write(String text) {
        Run.size((long) out.length() + text.length());
        out.append(text);
    }

    private List<TemplateNode> chosen(TemplateNode.If choice, TemplateScope scope) {
        for (TemplateNode.Branch branch : choice.branches()) {
            if (Values.truth(evaluator.value(branch.condition(), scope))) {
                return branch.body();
            }
        }
        return choice.otherwise();
    }

    private Flow generation(TemplateNode.Generation generation, TemplateScope scope) {
        int from = out.length();
        Flow flow = run(generation.body(), new TemplateScope(scope));
        generations.add(new Range(from, out.length()));
        return flow;
    }

    private void capture(TemplateNode.Capture capture, TemplateScope scope) {
        TemplateScope inner = new TemplateScope(scope);
        inner.set(
                TemplateNode.Capture.BODY,
                new Renderer(run, depth + 1).render(capture.body(), new TemplateScope(scope)));
        set(List.of(capture.name()), capture.attribute(), evaluator.value(capture.value(), inner), scope);
    }

    private static void set(List<String> names, String attribute, Object value, TemplateScope scope) {
        if (attribute == null) {
            bind(names, value, scope);
        } else if (scope.get(names.getFirst()) instanceof Namespace namespace) {
            namespace.values().put(attribute, value);
        } else {
            throw new TemplateException(
                    "only a namespace's fields can be set, not " + names.getFirst() + "." + attribute);
        }
    }

    private static void bind(List<String> names, Object value, TemplateScope scope) {
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

    private void loop(TemplateNode.For loop, TemplateScope scope) {
        List<Object> items = new ArrayList<>();
        for (Object item : Values.iterate(evaluator.value(loop.over(), scope))) {
            run.step();
            TemplateScope inner = new TemplateScope(scope);
            bind(loop.names(), item, inner);
            if (loop.condition() == null || Values.truth(evaluator.value(loop.condition(), inner))) {
                items.add(item);
            }
        }
        if (items.isEmpty()) {
            run(loop.otherwise(), new TemplateScope(scope));
        }
        LoopState state = new LoopState(items);
        for (Object item : items) {
            TemplateScope inner = new TemplateScope(scope);
            state.next();
            inner.set("loop", state);
            bind(loop.names(), item, inner);
            if (run(loop.body(), inner) == Flow.BREAK) {
                return;
            }
        }
    }

    private Function function(TemplateNode.Macro macro, TemplateScope scope) {
        return (arguments, named) -> {
            if (arguments.size() > macro.parameters().size()) {
                throw new TemplateException("too many arguments for " + macro.name() + "()");
            }
            for (String name : named.keySet()) {
                if (!macro.parameters().contains(name)) {
                    throw new TemplateException(macro.name() + "() has no argument '" + name + "'");
                }
            }
            TemplateScope inner = new TemplateScope(scope);
            for (int i = 0; i < macro.parameters().size(); i++) {
                String parameter = macro.parameters().get(i);
                inner.set(
                        parameter,
                        i < arguments.size()
                                ? arguments.get(i)
                                : named.containsKey(parameter)
                                        ? named.get(parameter)
                                        : absent(macro.defaults().get(i), parameter, inner));
            }
            return new Renderer(run, depth + 1).render(macro.body(), inner);
        };
    }

    private Object absent(Expression otherwise, String parameter, TemplateScope scope) {
        return otherwise == null ? new Undefined(parameter) : evaluator.value(otherwise, scope);
    }
}
