package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** JSON as Python's json.dumps writes it: tools are shown to models so. */
final class PythonJson {
    /**
     * The style in which JSON is written.
     *
     * @param ascii whether characters beyond ASCII are escaped
     * @param indent of one level; null writes one line
     * @param between items
     * @param colon between a key and its value
     * @param sorted whether keys come in their order
     */
    record Style(boolean ascii, String indent, String between, String colon, boolean sorted) {}

    private final StringBuilder out = new StringBuilder();
    private final Style style;

    private PythonJson(Style style) {
        this.style = style;
    }

    static String write(Object value, Style style) {
        PythonJson json = new PythonJson(style);
        json.value(value, 1);
        return json.out.toString();
    }

    private void value(Object value, int level) {
        Run.size(out.length());
        switch (value) {
            case null -> out.append("null");
            case String s -> string(s);
            case Markup safe -> string(safe.text());
            case Boolean b -> out.append(b);
            case Double d -> out.append(number(d));
            case Number n -> out.append(n);
            case View view -> throw new TemplateException(view.name() + " cannot be written as JSON");
            case List<?> list -> items('[', list, ']', level, item -> value(item, level + 1));
            case Map<?, ?> map ->
                items('{', entries(map), '}', level, entry -> {
                    string(key(entry.getKey()));
                    out.append(style.colon());
                    value(entry.getValue(), level + 1);
                });
            case Undefined missing -> throw new TemplateException(missing.name() + " is not there");
            default -> throw new TemplateException(Values.represent(value) + " cannot be written as JSON");
        }
    }

    private List<Map.Entry<?, ?>> entries(Map<?, ?> map) {
        List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
        if (style.sorted()) {
            entries.sort((a, b) -> Values.compare(a.getKey(), b.getKey()));
        }
        return entries;
    }

    private static String number(double value) {
        return Double.isNaN(value)
                ? "NaN"
                : Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : Numbers.represent(value);
    }

    private static String key(Object key) {
        return switch (key) {
            case null -> "null";
            case Boolean b -> b.toString();
            case Double d -> number(d);
            case Number n -> n.toString();
            default -> Values.text(key);
        };
    }

    private <T> void items(char open, List<T> items, char close, int level, Consumer<T> write) {
        out.append(open);
        for (Iterator<T> each = items.iterator(); each.hasNext(); ) {
            line(level);
            write.accept(each.next());
            if (each.hasNext()) {
                out.append(style.between());
            }
        }
        if (!items.isEmpty()) {
            line(level - 1);
        }
        out.append(close);
    }

    private void line(int level) {
        if (style.indent() != null) {
            out.append('\n').repeat(style.indent(), level);
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
                    if (c < ' ' || (style.ascii() && c > '~')) {
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
