package io.espalier.streams.chat;

import io.espalier.streams.chat.Signature.Bound;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The filters that may stand behind {@code |}: Jinja's own filters, and {@code tojson} as chat templates have it. */
final class Filters {
    private static final Pattern WORDS = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern BEFORE_TITLES = Pattern.compile("[-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);

    private static final Builtins<Object> ALL = new Builtins<Object>()
            .with("trim(chars=None)", (value, a) -> PythonText.strip(Values.print(value), a.get("chars"), true, true))
            .with("length()", (value, _) -> Values.length(value))
            .with(
                    "tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False)",
                    (value, a) -> PythonJson.write(value, style(a)))
            .with("join(d='', attribute=None)", Filters::join)
            .with("upper()", (value, _) -> Values.print(value).toUpperCase(Locale.ROOT))
            .with("lower()", (value, _) -> Values.print(value).toLowerCase(Locale.ROOT))
            .with("title()", (value, _) -> title(Values.print(value)))
            .with("capitalize()", (value, _) -> PythonText.capitalize(Values.print(value)))
            .with("replace(old, new, count=None)", Filters::replace)
            .with("default(default_value='', boolean=False)", Filters::otherwise)
            .with("first()", (value, _) -> first(value))
            .with("last()", (value, _) -> last(value))
            .with("list()", (value, _) -> Values.iterate(value))
            .with("items()", (value, _) -> items(value))
            .with("string()", (value, _) -> value instanceof Markup ? value : Values.print(value))
            .with("safe()", (value, _) -> new Markup(Values.print(value)))
            .with("escape()", (value, _) -> value instanceof Markup ? value : escaped(value))
            .with("forceescape()", (value, _) -> escaped(value))
            .with("int(default=0, base=10)", Filters::whole)
            .with("float(default=0.0)", Filters::real)
            .with("abs()", (value, _) -> absolute(value))
            .with(
                    "round(precision=0, method='common')",
                    (value, a) -> Numbers.round(value, a.integer("precision"), a.text("method")))
            .with("reverse()", (value, _) -> reverse(value))
            .with(
                    "wordcount()",
                    (value, _) -> WORDS.matcher(Values.print(value)).results().count())
            .with("indent(width=4, first=False, blank=False)", Filters::indent)
            .with("map(*filter, attribute=None, default=None)", Selection::map)
            .with("select(*test)", (value, a) -> Selection.select(value, a, true))
            .with("reject(*test)", (value, a) -> Selection.select(value, a, false))
            .with("selectattr(attribute, *test)", (value, a) -> Selection.selectAttribute(value, a, true))
            .with("rejectattr(attribute, *test)", (value, a) -> Selection.selectAttribute(value, a, false))
            .with("sort(reverse=False, case_sensitive=False, attribute=None)", Selection::sort)
            .with("unique(case_sensitive=False, attribute=None)", Selection::unique)
            .with("min(case_sensitive=False, attribute=None)", (value, a) -> Selection.extreme(value, a, -1))
            .with("max(case_sensitive=False, attribute=None)", (value, a) -> Selection.extreme(value, a, 1))
            .with("sum(attribute=None, start=0)", Selection::sum)
            .with("dictsort(case_sensitive=False, by='key', reverse=False)", Selection::sortMap)
            .alias("d", "default")
            .alias("count", "length")
            .alias("e", "escape");

    private Filters() {}

    static boolean isKnown(String name) {
        return ALL.get(name) != null;
    }

    /** A template that needs another filter, or hands one what it does not take, is refused before it is used. */
    static String requireKnown(String name, int arguments, Collection<String> named) {
        if (!isKnown(name)) {
            throw new TemplateException("filter '| " + name + "' is not supported");
        }
        ALL.get(name).signature().check(arguments, named);
        return name;
    }

    static Object apply(String name, Object value, List<Object> arguments, Map<String, Object> named) {
        requireKnown(name, arguments.size(), named.keySet());
        Builtins.Entry<Object> filter = ALL.get(name);
        return filter.body().apply(value, filter.signature().bind(arguments, named));
    }

    private static PythonJson.Style style(Bound a) {
        Object indent = a.get("indent");
        List<Object> separators = a.isNull("separators") ? List.of() : Values.iterate(a.get("separators"));
        if (separators.size() == 1 || separators.size() > 2) {
            throw new TemplateException("argument 'separators' of 'tojson' must be two texts");
        }
        String between = separators.isEmpty() ? (indent == null ? ", " : ",") : Values.text(separators.getFirst());
        String colon = separators.isEmpty() ? ": " : Values.text(separators.getLast());
        return new PythonJson.Style(
                a.truth("ensure_ascii"), indent == null ? null : blanks(indent), between, colon, a.truth("sort_keys"));
    }

    /** A width or the blanks themselves. */
    private static String blanks(Object width) {
        return width instanceof String text ? text : " ".repeat(Run.size(Math.max(0, Values.integer(width))));
    }

    private static String join(Object value, Bound a) {
        List<String> texts = new ArrayList<>();
        for (Object item : Values.iterate(value)) {
            texts.add(Values.print(a.isNull("attribute") ? item : Selection.at(item, a.get("attribute"))));
        }
        return String.join(a.print("d"), texts);
    }

    /** Words begin behind blanks, hyphens and opening brackets. */
    private static String title(String text) {
        StringBuilder out = new StringBuilder();
        Matcher gaps = BEFORE_TITLES.matcher(text);
        int from = 0;
        while (gaps.find()) {
            out.append(word(text.substring(from, gaps.start()))).append(gaps.group());
            from = gaps.end();
        }
        return out.append(word(text.substring(from))).toString();
    }

    private static String word(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int rest = text.offsetByCodePoints(0, 1);
        return text.substring(0, rest).toUpperCase(Locale.ROOT)
                + text.substring(rest).toLowerCase(Locale.ROOT);
    }

    private static String replace(Object value, Bound a) {
        long count = a.isNull("count") ? -1 : a.integer("count");
        return PythonText.replace(Values.print(value), a.print("old"), a.print("new"), count);
    }

    /** The {@code default} filter; with {@code true} as its second argument an empty value counts as missing too. */
    private static Object otherwise(Object value, Bound a) {
        boolean missing = value instanceof Undefined || (a.truth("boolean") && !Values.truth(value));
        return missing ? a.get("default_value") : value;
    }

    private static Object first(Object value) {
        if (value instanceof Generated generated) {
            return generated.next();
        }
        List<Object> items = Values.iterate(value);
        return items.isEmpty() ? new Undefined("the first item") : items.getFirst();
    }

    private static Object last(Object value) {
        if (value instanceof Generated) {
            throw new TemplateException("filter '| last' of what a filter goes over is not supported: '| list' first");
        }
        List<Object> items = Values.iterate(value);
        return items.isEmpty() ? new Undefined("the last item") : items.getLast();
    }

    private static Object items(Object value) {
        return switch (value) {
            case Undefined _ -> new Generated(List.of());
            case Map<?, ?> map -> new Generated(Methods.items(map));
            case null, default -> throw new TemplateException(Values.represent(value) + " is no map for '| items'");
        };
    }

    private static Markup escaped(Object value) {
        return new Markup(Markup.escape(Values.print(value)));
    }

    /** Returns the default for a value that is no number. */
    private static Object whole(Object value, Bound a) {
        try {
            return switch (value) {
                case String text -> Long.parseLong(digits(text), Math.toIntExact(a.integer("base")));
                case Double d -> toLong(d);
                case null -> a.get("default");
                default -> Values.integer(value);
            };
        } catch (NumberFormatException _) {
            try {
                return toLong(Double.parseDouble(digits((String) value)));
            } catch (NumberFormatException | TemplateException _) {
                return a.get("default");
            }
        }
    }

    private static String digits(String text) {
        return PythonText.strip(text, null, true, true);
    }

    private static long toLong(double value) {
        if (Double.isNaN(value) || Math.abs(value) >= 0x1p63) {
            throw new TemplateException(Numbers.represent(value) + " is no integer of 64 bits");
        }
        return (long) value;
    }

    private static Object real(Object value, Bound a) {
        try {
            return value instanceof String text
                    ? Double.valueOf(digits(text))
                    : value == null ? a.get("default") : (Object) Numbers.real(value);
        } catch (NumberFormatException _) {
            return a.get("default");
        }
    }

    private static Object absolute(Object value) {
        return value instanceof Double d ? (Object) Math.abs(d) : (Object) Math.absExact(Values.integer(value));
    }

    private static Object reverse(Object value) {
        if (value instanceof String text) {
            return new StringBuilder(text).reverse().toString();
        }
        List<Object> items = Values.iterate(value);
        Collections.reverse(items);
        return new Generated(items);
    }

    /** Indents every line but the first; the first line and blank lines are indented where that is asked for. */
    private static String indent(Object value, Bound a) {
        String blanks = blanks(a.get("width"));
        List<Object> lines = PythonText.lines(Values.print(value) + "\n", false);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            boolean moved = i == 0 ? a.truth("first") : a.truth("blank") || !line.isEmpty();
            out.append(i == 0 ? "" : "\n").append(moved ? blanks : "").append(line);
        }
        return out.toString();
    }
}
