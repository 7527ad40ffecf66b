package io.espalier.streams.chat;

import io.espalier.streams.chat.Signature.Bound;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;

/** Methods of texts, as Python's. */
final class TextMethods {
    static final Builtins<String> ALL = new Builtins<String>()
            .with("strip(chars=None)", (text, a) -> PythonText.strip(text, a.get("chars"), true, true))
            .with("lstrip(chars=None)", (text, a) -> PythonText.strip(text, a.get("chars"), true, false))
            .with("rstrip(chars=None)", (text, a) -> PythonText.strip(text, a.get("chars"), false, true))
            .with(
                    "split(sep=None, maxsplit=-1)",
                    (text, a) -> PythonText.split(text, a.get("sep"), a.integer("maxsplit")))
            .with(
                    "rsplit(sep=None, maxsplit=-1)",
                    (text, a) -> PythonText.splitFromEnd(text, a.get("sep"), a.integer("maxsplit")))
            .with("splitlines(keepends=False)", (text, a) -> PythonText.lines(text, a.truth("keepends")))
            .with("partition(sep)", TextMethods::partition)
            .with("rpartition(sep)", TextMethods::partitionFromEnd)
            .with("startswith(prefix, start=None, end=None)", (text, a) -> any(text, a, "prefix", String::startsWith))
            .with("endswith(suffix, start=None, end=None)", (text, a) -> any(text, a, "suffix", String::endsWith))
            .with("removeprefix(prefix)", TextMethods::withoutPrefix)
            .with("removesuffix(suffix)", TextMethods::withoutSuffix)
            .with(
                    "replace(old, new, count=-1)",
                    (text, a) -> PythonText.replace(text, a.text("old"), a.text("new"), a.integer("count")))
            .with("upper()", (text, _) -> text.toUpperCase(Locale.ROOT))
            .with("lower()", (text, _) -> text.toLowerCase(Locale.ROOT))
            .with("title()", (text, _) -> PythonText.title(text))
            .with("capitalize()", (text, _) -> PythonText.capitalize(text))
            .with("find(sub)", (text, a) -> place(text, text.indexOf(a.text("sub"))))
            .with("rfind(sub)", (text, a) -> place(text, text.lastIndexOf(a.text("sub"))))
            .with("index(sub)", (text, a) -> found(text, a.text("sub")))
            .with("count(sub)", (text, a) -> count(text, a.text("sub")))
            .with("join(iterable)", (text, a) -> join(text, Values.iterate(a.get("iterable"))))
            .with("zfill(width)", TextMethods::zeros)
            .with("ljust(width, fillchar=' ')", (text, a) -> text + fill(text, a))
            .with("rjust(width, fillchar=' ')", (text, a) -> fill(text, a) + text)
            .with("isdigit()", (text, _) -> all(text, Character::isDigit))
            .with("isalpha()", (text, _) -> all(text, Character::isLetter))
            .with("isalnum()", (text, _) -> all(text, Character::isLetterOrDigit))
            .with("isspace()", (text, _) -> all(text, PythonText::isSpace))
            .with("isupper()", (text, _) -> hasCase(text) && text.equals(text.toUpperCase(Locale.ROOT)))
            .with("islower()", (text, _) -> hasCase(text) && text.equals(text.toLowerCase(Locale.ROOT)));

    private TextMethods() {}

    private static boolean any(String text, Bound a, String name, BiPredicate<String, String> matches) {
        String part = (String) Sequences.slice(text, a.get("start"), a.get("end"), null);
        List<?> wanted = a.get(name) instanceof Tuple several ? several : List.of(a.text(name));
        return wanted.stream().anyMatch(each -> matches.test(part, Values.text(each)));
    }

    private static Object partition(String text, Bound a) {
        String mark = a.text("sep");
        int at = text.indexOf(mark);
        return at < 0 ? three(text, "", "") : three(text.substring(0, at), mark, text.substring(at + mark.length()));
    }

    private static Object partitionFromEnd(String text, Bound a) {
        String mark = a.text("sep");
        int at = text.lastIndexOf(mark);
        return at < 0 ? three("", "", text) : three(text.substring(0, at), mark, text.substring(at + mark.length()));
    }

    private static Tuple three(String before, String mark, String after) {
        return new Tuple(List.of(before, mark, after));
    }

    private static String withoutPrefix(String text, Bound a) {
        String prefix = a.text("prefix");
        return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
    }

    private static String withoutSuffix(String text, Bound a) {
        String suffix = a.text("suffix");
        return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
    }

    /** In characters, which Python counts by code points. */
    private static long place(String text, int at) {
        return at < 0 ? -1 : text.codePointCount(0, at);
    }

    private static long found(String text, String part) {
        int at = text.indexOf(part);
        if (at < 0) {
            throw new TemplateException("'" + part + "' is not found");
        }
        return place(text, at);
    }

    private static long count(String text, String part) {
        if (part.isEmpty()) {
            return Values.length(text) + 1;
        }
        long count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    private static String join(String between, List<Object> items) {
        List<String> texts = new ArrayList<>();
        for (Object item : items) {
            texts.add(Values.text(item));
        }
        return String.join(between, texts);
    }

    private static String zeros(String text, Bound a) {
        String sign = text.startsWith("-") || text.startsWith("+") ? text.substring(0, 1) : "";
        long missing = Run.size(Math.max(0, a.integer("width") - Values.length(text)));
        return sign + "0".repeat((int) missing) + text.substring(sign.length());
    }

    private static String fill(String text, Bound a) {
        long missing = Run.size(Math.max(0, a.integer("width") - Values.length(text)));
        return a.text("fillchar").repeat((int) missing);
    }

    private static boolean all(String text, IntPredicate test) {
        return !text.isEmpty() && text.codePoints().allMatch(test);
    }

    private static boolean hasCase(String text) {
        return text.codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c));
    }
}
