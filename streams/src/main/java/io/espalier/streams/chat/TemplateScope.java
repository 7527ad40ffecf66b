package io.espalier.streams.chat;

import java.util.HashMap;
import java.util.Map;

/** Names and what they stand for; what a loop sets is gone after it. */
final class TemplateScope {
    private final TemplateScope outer;
    private final Map<String, Object> values = new HashMap<>();

    TemplateScope(TemplateScope outer) {
        this.outer = outer;
    }

    Object get(String name) {
        for (TemplateScope scope = this; scope != null; scope = scope.outer) {
            if (scope.values.containsKey(name)) {
                return scope.values.get(name);
            }
        }
        return new Undefined(name);
    }

    void set(String name, Object value) {
        values.put(name, value);
    }
}
