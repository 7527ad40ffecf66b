package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words of one tag, read one after the other. */
final class Tokens {
    /** The kinds of words. */
    enum Kind {
        NAME,
        STRING,
        NUMBER,
        SIGN,
        END
    }

    /** {@code text} of a string is what it stands for. */
    record Token(Kind kind, String text) {}

    private static final List<String> LONG_SIGNS = List.of("==", "!=", "<=", ">=", "//", "**");

    private static final Pattern NUMBER = Pattern.compile(
            "0[bB][01_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|\\d[\\d_]*(?:\\.\\d[\\d_]*)?(?:[eE][+-]?\\d[\\d_]*)?");
    private static final Pattern PLACE = Pattern.compile("\\d+");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    Tokens(String source) {
        this.source = source;
        int i = 0;
        while (i < source.length()) {
            char c = source.charAt(i);
            if (Character.isWhitespace(c)) {
                i++;
            } else if (c == '\'' || c == '"') {
                i = string(i);
            } else if (Character.isDigit(c)) {
                i = number(i);
            } else if (Character.isLetter(c) || c == '_') {
                i = name(i);
            } else {
                String sign = source.substring(i, Math.min(i + 2, source.length()));
                sign = LONG_SIGNS.contains(sign) ? sign : sign.substring(0, 1);
                tokens.add(new Token(Kind.SIGN, sign));
                i += sign.length();
            }
        }
    }

    private int string(int open) {
        StringBuilder text = new StringBuilder();
        int i = open + 1;
        for (; i < source.length() && source.charAt(i) != source.charAt(open); i++) {
            char c = source.charAt(i);
            if (c == '\\' && i + 1 < source.length()) {
                i = escape(i + 1, text);
            } else {
                text.append(c);
            }
        }
        if (i >= source.length()) {
            throw new TemplateException("a string is not closed: " + source.strip());
        }
        tokens.add(new Token(Kind.STRING, text.toString()));
        return i + 1;
    }

    /** Reads an escape as Python does: a backslash that begins none stays. */
    private int escape(int i, StringBuilder text) {
        char c = source.charAt(i);
        switch (c) {
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case 'a' -> text.append('\u0007');
            case 'b' -> text.append('\b');
            case 'f' -> text.append('\f');
            case 'v' -> text.append('\u000b');
            case '\n' -> {}
            case '\\', '\'', '"' -> text.append(c);
            case 'x' -> {
                return code(i, 2, text);
            }
            case 'u' -> {
                return code(i, 4, text);
            }
            case 'U' -> {
                return code(i, 8, text);
            }
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                return octal(i, text);
            }
            case 'N' -> throw new TemplateException("\\N in a string is not supported: " + source.strip());
            default -> text.append('\\').append(c);
        }
        return i;
    }

    private int code(int i, int digits, StringBuilder text) {
        String hex = source.substring(i + 1, Math.min(source.length(), i + 1 + digits));
        if (!hex.matches("[0-9a-fA-F]{" + digits + "}")) {
            throw new TemplateException("\\" + source.charAt(i) + " needs " + digits + " digits: " + source.strip());
        }
        int code = Integer.parseUnsignedInt(hex, 16);
        if (!Character.isValidCodePoint(code)) {
            throw new TemplateException("\\U" + hex + " is no character: " + source.strip());
        }
        text.appendCodePoint(code);
        return i + digits;
    }

    private int octal(int from, StringBuilder text) {
        int code = 0;
        int i = from;
        for (; i < from + 3 && i < source.length() && source.charAt(i) >= '0' && source.charAt(i) <= '7'; i++) {
            code = code * 8 + source.charAt(i) - '0';
        }
        text.appendCodePoint(code);
        return i - 1;
    }

    /** Behind a dot a number is a place, which has no fraction. */
    private int number(int from) {
        boolean place = !tokens.isEmpty() && tokens.getLast().equals(new Token(Kind.SIGN, "."));
        Matcher number = (place ? PLACE : NUMBER).matcher(source).region(from, source.length());
        if (!number.lookingAt()) {
            throw new TemplateException("no number: " + source.strip());
        }
        tokens.add(new Token(Kind.NUMBER, number.group().replace("_", "")));
        return number.end();
    }

    private int name(int from) {
        int i = from;
        while (i < source.length() && (Character.isLetterOrDigit(source.charAt(i)) || source.charAt(i) == '_')) {
            i++;
        }
        tokens.add(new Token(Kind.NAME, source.substring(from, i)));
        return i;
    }

    Token peek() {
        return peek(0);
    }

    Token peek(int ahead) {
        return at + ahead < tokens.size() ? tokens.get(at + ahead) : new Token(Kind.END, "");
    }

    Token next() {
        Token token = peek();
        at++;
        return token;
    }

    boolean isSign(String sign) {
        return peek().kind() == Kind.SIGN && peek().text().equals(sign);
    }

    boolean isName(String name) {
        return peek().kind() == Kind.NAME && peek().text().equals(name);
    }

    /** Takes the next token if it is this sign. */
    boolean takeSign(String sign) {
        boolean is = isSign(sign);
        at += is ? 1 : 0;
        return is;
    }

    /** Takes the next token if it is this word. */
    boolean takeName(String name) {
        boolean is = isName(name);
        at += is ? 1 : 0;
        return is;
    }

    void expectSign(String sign) {
        if (!takeSign(sign)) {
            throw unexpected("'" + sign + "'");
        }
    }

    void expectName(String name) {
        if (!takeName(name)) {
            throw unexpected("'" + name + "'");
        }
    }

    String name() {
        if (peek().kind() != Kind.NAME) {
            throw unexpected("a name");
        }
        return next().text();
    }

    void expectEnd() {
        if (peek().kind() != Kind.END) {
            throw unexpected("the end of the tag");
        }
    }

    TemplateException unexpected(String wanted) {
        return new TemplateException(
                "'" + peek().text() + "' where " + wanted + " should be, in {" + source.strip() + "}");
    }
}
