package io.espalier.streams.chat;

import io.espalier.streams.chat.Signature.Bound;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Methods that templates call, as Python's; those that would change a value are closed to templates in Python too. */
final class Methods {
    /** The methods that every map has in Python. Behind a dot, each of them hides a key of the same name. */
    private static final Set<String> OF_EVERY_MAP = Set.of(
            "items", "keys", "values", "get", "copy", "fromkeys", "pop", "popitem", "setdefault", "update", "clear");

    private static final Builtins<Map<?, ?>> OF_MAPS = new Builtins<Map<?, ?>>()
            .with("items()", (map, _) -> new View("dict_items", items(map)))
            .with("keys()", (map, _) -> new View("dict_keys", new ArrayList<>(map.keySet())))
            .with("values()", (map, _) -> new View("dict_values", new ArrayList<>(map.values())))
            .with("get(key, default=None)", Methods::get)
            .with("copy()", (map, _) -> new LinkedHashMap<Object, Object>(map));

    private static final Builtins<List<?>> OF_LISTS = new Builtins<List<?>>()
            .with(
                    "count(value)",
                    (list, a) -> list.stream()
                            .filter(each -> Values.equal(each, a.get("value")))
                            .count())
            .with("index(value)", Methods::index)
            .with("copy()", (list, _) -> new ArrayList<Object>(list));

    private Methods() {}

    /** Null where Python's value has no method of that name; one that would change it is undefined. */
    static Object find(Object of, String name) {
        return switch (of) {
            case String _ -> TextMethods.ALL.get(name) == null ? null : new Method(of, name);
            case Map<?, ?> _ when OF_MAPS.get(name) != null -> new Method(of, name);
            case Map<?, ?> _ -> OF_EVERY_MAP.contains(name) ? new Undefined(name) : null;
            case List<?> _ -> OF_LISTS.get(name) == null ? null : new Method(of, name);
            case null, default -> null;
        };
    }

    static Object call(Object of, String name, List<Object> arguments, Map<String, Object> named) {
        return switch (of) {
            case String text -> call(TextMethods.ALL.get(name), of, text, name, arguments, named);
            case Map<?, ?> map -> call(OF_MAPS.get(name), of, map, name, arguments, named);
            case List<?> list -> call(OF_LISTS.get(name), of, list, name, arguments, named);
            case Undefined missing -> throw new TemplateException(missing.name() + " is not there: no ." + name + "()");
            case null, default -> throw unknown(of, name);
        };
    }

    private static <T> Object call(
            Builtins.Entry<T> method,
            Object of,
            T value,
            String name,
            List<Object> arguments,
            Map<String, Object> named) {
        if (method == null) {
            throw unknown(of, name);
        }
        return method.body().apply(value, method.signature().bind(arguments, named));
    }

    private static TemplateException unknown(Object of, String name) {
        return new TemplateException("method ." + name + "() of " + Values.represent(of) + " is not supported");
    }

    static List<Object> items(Map<?, ?> map) {
        List<Object> items = new ArrayList<>();
        map.forEach((key, value) -> items.add(Tuple.of(key, value)));
        return items;
    }

    private static Object get(Map<?, ?> map, Bound a) {
        return map.containsKey(a.get("key")) ? map.get(a.get("key")) : a.get("default");
    }

    private static long index(List<?> list, Bound a) {
        for (int i = 0; i < list.size(); i++) {
            if (Values.equal(list.get(i), a.get("value"))) {
                return i;
            }
        }
        throw new TemplateException(Values.represent(a.get("value")) + " is not in the list");
    }
}
