package io.espalier.streams.chat;

import io.espalier.streams.chat.Signature.Bound;
import java.util.HashMap;
import java.util.Map;

/** Filters, tests or methods by name, each with what it takes. */
final class Builtins<T> {
    /** The function of a filter, test or method. */
    @FunctionalInterface
    interface Body<T> {
        Object apply(T value, Bound arguments);
    }

    /** A filter, test or method. */
    record Entry<T>(Signature signature, Body<T> body) {}

    private final Map<String, Entry<T>> entries = new HashMap<>();

    Builtins<T> with(String signature, Body<T> body) {
        Signature parsed = Signature.of(signature);
        entries.put(parsed.name(), new Entry<>(parsed, body));
        return this;
    }

    Builtins<T> alias(String alias, String name) {
        entries.put(alias, entries.get(name));
        return this;
    }

    /** Null where there is none of that name. */
    Entry<T> get(String name) {
        return entries.get(name);
    }
}
