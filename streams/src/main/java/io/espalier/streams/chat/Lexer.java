package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into text and tags. Whitespace goes as the models' own tools have it: the newline after a block tag
 * and the blanks before it on its line go, and a minus takes all whitespace on its side.
 */
final class Lexer {
    /** A part of a template; {@code content} is text or what stands inside the tag. */
    record Part(Kind kind, String content) {}

    /** The kinds of parts. */
    enum Kind {
        TEXT,
        PRINT,
        BLOCK
    }

    private static final int MARK = 2;
    private static final Pattern RAW_ENDS = Pattern.compile("\\{%[-+]?\\s*endraw\\s*[-+]?%\\}");

    private final String source;
    private final List<Part> parts = new ArrayList<>();
    private int at;
    private boolean lineStarts = true;
    private boolean stripNext;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Part> parts(String source) {
        String lines = source.replace("\r\n", "\n").replace('\r', '\n');
        return new Lexer(lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines).cut();
    }

    private List<Part> cut() {
        for (int open = nextTag(); open >= 0; open = nextTag()) {
            char kind = source.charAt(open + 1);
            int close = kind == '#' ? source.indexOf("#}", open) : endOfTag(open + MARK, kind == '{' ? "}}" : "%}");
            if (close < 0) {
                throw new TemplateException(
                        "a tag is not closed: " + source.substring(open, Math.min(source.length(), open + 40)));
            }
            text(source.substring(at, open), kind, source.charAt(open + MARK));
            tag(kind, open + MARK, close);
            if (!parts.isEmpty()
                    && kind == '%'
                    && parts.getLast().content().strip().equals("raw")) {
                raw(close);
            }
        }
        text(source.substring(at), ' ', ' ');
        return parts;
    }

    /** Text as it is, up to the tag that ends it; unlike other tags the first keeps the newline behind it. */
    private void raw(int close) {
        parts.removeLast();
        at = close + MARK;
        lineStarts = false;
        Matcher end = RAW_ENDS.matcher(source);
        if (!end.find(at)) {
            throw new TemplateException("{% endraw %} is missing");
        }
        text(source.substring(at, end.start()), '%', source.charAt(end.start() + MARK));
        tag('#', end.start() + MARK, end.end() - MARK);
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    /** Strings within the tag may hold its closing mark, and braces may nest. */
    private int endOfTag(int from, String mark) {
        int depth = 0;
        for (int i = from; i < source.length(); i++) {
            char c = source.charAt(i);
            if (depth <= 0 && source.startsWith(mark, i)) {
                return i;
            }
            if (c == '\'' || c == '"') {
                i = endOfString(i);
            } else if (c == '{') {
                depth++;
            } else if (c == '}') {
                depth--;
            }
        }
        return -1;
    }

    private int endOfString(int open) {
        int i = open + 1;
        while (i < source.length() && source.charAt(i) != source.charAt(open)) {
            i += source.charAt(i) == '\\' ? 2 : 1;
        }
        return i;
    }

    private void text(String raw, char nextKind, char nextSign) {
        String text = stripNext ? PythonText.strip(raw, null, true, false) : raw;
        boolean wholeLine = lineStarts && !stripNext;
        if (nextSign == '-' && nextKind != ' ') {
            text = PythonText.strip(text, null, false, true);
        } else if (nextSign != '+' && (nextKind == '%' || nextKind == '#')) {
            int line = text.lastIndexOf('\n') + 1;
            if ((line > 0 || wholeLine || (raw.isEmpty() && lineStarts))
                    && PythonText.strip(text.substring(line), null, true, false).isEmpty()) {
                text = text.substring(0, line);
            }
        }
        if (!text.isEmpty()) {
            parts.add(new Part(Kind.TEXT, text));
        }
    }

    private void tag(char kind, int from, int close) {
        char first = source.charAt(from);
        char last = close > from ? source.charAt(close - 1) : ' ';
        int begin = first == '-' || first == '+' ? from + 1 : from;
        int end = last == '-' || (last == '+' && kind != '{') ? close - 1 : close;
        if (kind != '#') {
            parts.add(new Part(kind == '{' ? Kind.PRINT : Kind.BLOCK, source.substring(begin, Math.max(begin, end))));
        }
        at = close + MARK;
        stripNext = last == '-';
        lineStarts = false;
        if (kind != '{' && last != '-' && last != '+' && at < source.length() && source.charAt(at) == '\n') {
            at++;
            lineStarts = true;
        }
    }
}
