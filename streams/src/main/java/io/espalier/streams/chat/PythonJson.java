package io.espalier.streams.chat;

import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** JSON as Python's json.dumps writes it, with characters beyond ASCII as they are: tools are shown to models so. */
final class PythonJson {
    private final StringBuilder out = new StringBuilder();
    private final int indent;

    /** @param indent blanks of a level; 0 writes one line */
    private PythonJson(int indent) {
        this.indent = indent;
    }

    static String write(Object value, int indent) {
        PythonJson json = new PythonJson(indent);
        json.value(value, 1);
        return json.out.toString();
    }

    private void value(Object value, int level) {
        switch (value) {
            case null -> out.append("null");
            case String s -> string(s);
            case Boolean b -> out.append(b);
            case Number n -> out.append(n);
            case List<?> list -> items('[', list, ']', level, item -> value(item, level + 1));
            case Map<?, ?> map ->
                items('{', map.entrySet(), '}', level, entry -> {
                    string(Values.print(entry.getKey()));
                    out.append(": ");
                    value(entry.getValue(), level + 1);
                });
            default -> throw new TemplateException(Values.represent(value) + " cannot be written as JSON");
        }
    }

    private <T> void items(char open, Collection<T> items, char close, int level, Consumer<T> write) {
        out.append(open);
        for (Iterator<T> each = items.iterator(); each.hasNext(); ) {
            line(level);
            write.accept(each.next());
            if (each.hasNext()) {
                out.append(indent > 0 ? "," : ", ");
            }
        }
        if (!items.isEmpty()) {
            line(level - 1);
        }
        out.append(close);
    }

    private void line(int level) {
        if (indent > 0) {
            out.append('\n').repeat(' ', level * indent);
        }
    }

    private void string(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ') {
                        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
