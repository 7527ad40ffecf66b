package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The functions that every chat template may call. */
final class Globals {
    private static final int MAX_RANGE = 100_000;
    private static final Signature RAISE = Signature.of("raise_exception(message)");
    private static final Signature NOW = Signature.of("strftime_now(format)");
    private static final Signature MAP = Signature.of("dict(mapping=None)");
    private static final Signature JOINER = Signature.of("joiner(sep=', ')");

    private Globals() {}

    static void define(TemplateScope scope, Run run) {
        scope.set("namespace", (Function) (arguments, named) -> new Namespace(map(arguments, named)));
        scope.set("dict", (Function) Globals::map);
        scope.set("range", (Function) (arguments, named) -> range(arguments, named));
        scope.set("joiner", (Function) (arguments, named) -> joiner(JOINER.bind(arguments, named)));
        scope.set("strftime_now", (Function)
                (arguments, named) -> Strftime.format(NOW.bind(arguments, named).text("format"), run.now()));
        scope.set("raise_exception", (Function) (arguments, named) -> {
            throw new TemplateException(
                    "the template refuses: " + RAISE.bind(arguments, named).print("message"));
        });
    }

    private static Map<String, Object> map(List<Object> arguments, Map<String, Object> named) {
        Map<String, Object> made = new LinkedHashMap<>();
        if (MAP.bind(arguments, Map.of()).get("mapping") instanceof Map<?, ?> map) {
            map.forEach((key, value) -> made.put(Values.text(key), value));
        } else if (!arguments.isEmpty()) {
            throw new TemplateException(Values.represent(arguments.getFirst()) + " is no map");
        }
        made.putAll(named);
        return made;
    }

    private static List<Object> range(List<Object> arguments, Map<String, Object> named) {
        if (arguments.isEmpty() || arguments.size() > 3 || !named.isEmpty()) {
            throw new TemplateException("'range' takes one to three arguments");
        }
        long from = arguments.size() > 1 ? Values.integer(arguments.getFirst()) : 0;
        long to = Values.integer(arguments.get(arguments.size() > 1 ? 1 : 0));
        long step = arguments.size() > 2 ? Values.integer(arguments.get(2)) : 1;
        List<Object> numbers = new ArrayList<>();
        for (long i = from; step > 0 ? i < to : i > to; i = Math.addExact(i, step)) {
            if (step == 0 || numbers.size() >= MAX_RANGE) {
                throw new TemplateException("a range of more than " + MAX_RANGE + " numbers");
            }
            numbers.add(i);
        }
        return numbers;
    }

    /** Makes the {@code joiner}: its function returns nothing at first, and the separator from then on. */
    private static Function joiner(Signature.Bound a) {
        boolean[] used = {false};
        return (_, _) -> {
            String text = used[0] ? a.text("sep") : "";
            used[0] = true;
            return text;
        };
    }
}
