package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.List;

/** The words of one tag, read one after the other. */
final class Tokens {
    /** What a word is. */
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

    /** As in Python: what is no escape keeps its backslash. */
    private int escape(int i, StringBuilder text) {
        char c = source.charAt(i);
        switch (c) {
            case 'n' -> text.append('\n');
            case 't' -> text.append('\t');
            case 'r' -> text.append('\r');
            case '\\', '\'', '"' -> text.append(c);
            case 'u' -> {
                if (i + 4 >= source.length()) {
                    throw new TemplateException("\\u needs four digits: " + source.strip());
                }
                text.append((char) Integer.parseInt(source, i + 1, i + 5, 16));
                return i + 4;
            }
            default -> text.append('\\').append(c);
        }
        return i;
    }

    private int number(int from) {
        int i = from;
        while (i < source.length()
                && (Character.isDigit(source.charAt(i))
                        || (source.charAt(i) == '.'
                                && i + 1 < source.length()
                                && Character.isDigit(source.charAt(i + 1))))) {
            i++;
        }
        tokens.add(new Token(Kind.NUMBER, source.substring(from, i)));
        return i;
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
