package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Python's rules for text: its blanks and ends of lines, and how text is ordered, quoted, trimmed and split. */
public final class PythonText {
    private PythonText() {}

    /** Python's blanks are Unicode's, those that do not break and the separators of files to units among them. */
    static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }

    private static boolean endsLine(char c) {
        return (c >= '\n' && c <= '\r')
                || (c >= '\u001c' && c <= '\u001e')
                || c == '\u0085'
                || c == '\u2028'
                || c == '\u2029';
    }

    /** Compares texts by code points; Java compares surrogates. */
    static int compare(String a, String b) {
        int at = 0;
        while (at < a.length() && at < b.length() && a.charAt(at) == b.charAt(at)) {
            at++;
        }
        if (at == a.length() || at == b.length()) {
            return Integer.compare(a.length(), b.length());
        }
        boolean both = Character.isSurrogate(a.charAt(at)) == Character.isSurrogate(b.charAt(at));
        int plain = Character.compare(a.charAt(at), b.charAt(at));
        return both ? plain : Character.isSurrogate(a.charAt(at)) ? 1 : -1;
    }

    /** Cuts a text into lines as Python's {@code splitlines} does. */
    static List<Object> lines(String text, boolean withEnds) {
        List<Object> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            if (endsLine(text.charAt(i))) {
                int end = i;
                i += text.startsWith("\r\n", i) ? 1 : 0;
                lines.add(text.substring(from, withEnds ? i + 1 : end));
                from = i + 1;
            }
        }
        if (from < text.length()) {
            lines.add(text.substring(from));
        }
        return lines;
    }

    /** The text without blanks at its ends. */
    public static String strip(String text) {
        return strip(text, null, true, true);
    }

    /** The text without blanks at its end. */
    public static String stripRight(String text) {
        return strip(text, null, false, true);
    }

    /** Removes the given characters from the chosen ends of a text; null stands for blanks. */
    static String strip(String text, Object characters, boolean left, boolean right) {
        String these = characters == null ? null : Values.text(characters);
        int from = 0;
        int to = text.length();
        while (left && from < to && strips(these, text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (right && to > from && strips(these, text.codePointBefore(to))) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    private static boolean strips(String characters, int c) {
        return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
    }

    /**
     * Splits a text at its runs of blanks where the separator is null, otherwise at each separator; a negative {@code
     * limit} sets no bound on the cuts.
     */
    static List<Object> split(String text, Object separator, long limit) {
        if (separator == null) {
            return words(text, limit);
        }
        String mark = mark(separator);
        List<Object> parts = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(mark);
                at >= 0 && (limit < 0 || parts.size() < limit);
                at = text.indexOf(mark, from)) {
            parts.add(text.substring(from, at));
            from = at + mark.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    /** Splits a text as {@link #split} does, but makes the cuts from its end. */
    static List<Object> splitFromEnd(String text, Object separator, long limit) {
        if (separator == null || limit < 0) {
            if (limit >= 0) {
                throw new TemplateException("'rsplit' at blanks with 'maxsplit' is not supported");
            }
            return split(text, separator, -1);
        }
        String mark = mark(separator);
        List<Object> parts = new ArrayList<>();
        int to = text.length();
        for (int at = text.lastIndexOf(mark);
                at >= 0 && parts.size() < limit;
                at = text.lastIndexOf(mark, to - mark.length())) {
            parts.addFirst(text.substring(at + mark.length(), to));
            to = at;
            if (to < mark.length()) {
                break;
            }
        }
        parts.addFirst(text.substring(0, to));
        return parts;
    }

    private static String mark(Object separator) {
        String mark = Values.text(separator);
        if (mark.isEmpty()) {
            throw new TemplateException("the separator of 'split' is empty");
        }
        return mark;
    }

    private static List<Object> words(String text, long limit) {
        List<Object> words = new ArrayList<>();
        String rest = strip(text, null, true, false);
        while (!rest.isEmpty()) {
            int end = 0;
            while (end < rest.length() && !isSpace(rest.charAt(end))) {
                end++;
            }
            if (limit >= 0 && words.size() >= limit) {
                words.add(rest);
                return words;
            }
            words.add(rest.substring(0, end));
            rest = strip(rest.substring(end), null, true, false);
        }
        return words;
    }

    /** The first {@code limit} places, all where it is negative; an empty text stands between all characters. */
    static String replace(String text, String old, String with, long limit) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        long done = 0;
        int at = text.indexOf(old);
        while (at >= 0 && (limit < 0 || done < limit)) {
            out.append(text, from, at).append(with);
            Run.size(out.length());
            done++;
            from = at + old.length();
            if (old.isEmpty()) {
                if (at == text.length()) {
                    break;
                }
                int next = text.offsetByCodePoints(at, 1);
                out.append(text, at, next);
                from = next;
                at = next;
            } else {
                at = text.indexOf(old, from);
            }
        }
        return out.append(text.substring(from)).toString();
    }

    /** The text with its first letter large and all others small. */
    public static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int rest = text.offsetByCodePoints(0, 1);
        return Character.toString(Character.toTitleCase(text.codePointAt(0)))
                + text.substring(rest).toLowerCase(Locale.ROOT);
    }

    /** Each run of letters with a capital first. */
    static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean first = true;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            out.appendCodePoint(first ? Character.toTitleCase(c) : Character.toLowerCase(c));
            first = !Character.isLetter(c);
        }
        return out.toString();
    }

    /** Writes a text in quotes as Python's {@code repr} does. */
    static void quote(String text, StringBuilder out) {
        char mark = text.contains("'") && !text.contains("\"") ? '"' : '\'';
        out.append(mark);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                default -> {
                    if (c == mark) {
                        out.append('\\').append(mark);
                    } else if (isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        String form = c <= 0xff ? "\\x%02x" : c <= 0xffff ? "\\u%04x" : "\\U%08x";
                        out.append(String.format(Locale.ROOT, form, c));
                    }
                }
            }
        });
        out.append(mark);
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }
}
