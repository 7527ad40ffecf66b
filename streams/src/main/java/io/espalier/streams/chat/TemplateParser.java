package io.espalier.streams.chat;

import io.espalier.streams.chat.Lexer.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads the parts of a template into a tree of nodes. */
final class TemplateParser {
    private final List<Part> parts;
    private final Nesting nesting = new Nesting();
    private int at;

    TemplateParser(String source) {
        this.parts = Lexer.parts(source);
    }

    List<TemplateNode> parse() {
        List<TemplateNode> nodes = until(Set.of());
        if (at < parts.size()) {
            throw new TemplateException("{% " + parts.get(at).content().strip() + " %} closes nothing");
        }
        return nodes;
    }

    /** The nodes before a block that begins with one of these words, which stays unread. */
    private List<TemplateNode> until(Set<String> ends) {
        List<TemplateNode> nodes = new ArrayList<>();
        while (at < parts.size()) {
            Part part = parts.get(at);
            switch (part.kind()) {
                case TEXT -> {
                    nodes.add(new TemplateNode.Text(part.content()));
                    at++;
                }
                case PRINT -> {
                    Tokens tokens = new Tokens(part.content());
                    nodes.add(new TemplateNode.Print(whole(tokens)));
                    at++;
                }
                case BLOCK -> {
                    Tokens tokens = new Tokens(part.content());
                    String word = tokens.name();
                    if (ends.contains(word) || word.startsWith("end")) {
                        return nodes;
                    }
                    at++;
                    nodes.add(block(word, tokens));
                }
            }
        }
        return nodes;
    }

    private static Expression whole(Tokens tokens) {
        Expression value = new ExpressionParser(tokens).tuple();
        tokens.expectEnd();
        return value;
    }

    private TemplateNode block(String word, Tokens tokens) {
        nesting.enter();
        TemplateNode node = switch (word) {
            case "if" -> condition(tokens);
            case "for" -> loop(tokens);
            case "set" -> set(tokens);
            case "macro" -> macro(tokens);
            case "break" -> bare(tokens, new TemplateNode.Break());
            case "continue" -> bare(tokens, new TemplateNode.Continue());
            case "generation" -> {
                tokens.expectEnd();
                yield new TemplateNode.Generation(body("endgeneration"));
            }
            default -> throw new TemplateException("{% " + word + " %} is not supported");
        };
        nesting.leave();
        return node;
    }

    private static TemplateNode bare(Tokens tokens, TemplateNode node) {
        tokens.expectEnd();
        return node;
    }

    /** Up to and with the block that closes it. */
    private List<TemplateNode> body(String end) {
        List<TemplateNode> nodes = until(Set.of(end));
        close(end);
        return nodes;
    }

    private Tokens close(String end) {
        Tokens tokens = next(end);
        if (!tokens.name().equals(end)) {
            throw new TemplateException("{% " + end + " %} is missing");
        }
        return tokens;
    }

    private Tokens next(String wanted) {
        if (at >= parts.size()) {
            throw new TemplateException("{% " + wanted + " %} is missing");
        }
        return new Tokens(parts.get(at++).content());
    }

    private TemplateNode condition(Tokens tokens) {
        List<TemplateNode.Branch> branches = new ArrayList<>();
        Tokens condition = tokens;
        while (true) {
            Expression value = whole(condition);
            branches.add(new TemplateNode.Branch(value, until(Set.of("elif", "else"))));
            Tokens next = next("endif");
            switch (next.name()) {
                case "elif" -> condition = next;
                case "else" -> {
                    return new TemplateNode.If(branches, body("endif"));
                }
                case "endif" -> {
                    return new TemplateNode.If(branches, List.of());
                }
                default -> throw new TemplateException("{% endif %} is missing");
            }
        }
    }

    private TemplateNode loop(Tokens tokens) {
        List<String> names = names(tokens);
        tokens.expectName("in");
        ExpressionParser parser = new ExpressionParser(tokens);
        Expression over = parser.loopOver();
        Expression condition = tokens.takeName("if") ? parser.expression() : null;
        if (tokens.isName("recursive")) {
            throw new TemplateException("a loop that is 'recursive' is not supported");
        }
        tokens.expectEnd();
        List<TemplateNode> body = until(Set.of("else"));
        Tokens next = next("endfor");
        return switch (next.name()) {
            case "else" -> new TemplateNode.For(names, over, condition, body, body("endfor"));
            case "endfor" -> new TemplateNode.For(names, over, condition, body, List.of());
            default -> throw new TemplateException("{% endfor %} is missing");
        };
    }

    private static List<String> names(Tokens tokens) {
        boolean open = tokens.takeSign("(");
        List<String> names = new ArrayList<>(List.of(tokens.name()));
        while (tokens.takeSign(",")) {
            names.add(tokens.name());
        }
        if (open) {
            tokens.expectSign(")");
        }
        return names;
    }

    private TemplateNode set(Tokens tokens) {
        List<String> names = names(tokens);
        String attribute = tokens.takeSign(".") ? tokens.name() : null;
        if (tokens.takeSign("=")) {
            return new TemplateNode.Set(names, attribute, whole(tokens));
        }
        if (names.size() > 1) {
            throw new TemplateException("{% set %} of several names needs a value");
        }
        Expression value = new ExpressionParser(tokens).filters(new Expression.Name(TemplateNode.Capture.BODY));
        tokens.expectEnd();
        return new TemplateNode.Capture(names.getFirst(), attribute, value, body("endset"));
    }

    private TemplateNode macro(Tokens tokens) {
        String name = tokens.name();
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        tokens.expectSign("(");
        while (!tokens.takeSign(")")) {
            parameters.add(tokens.name());
            defaults.add(tokens.takeSign("=") ? new ExpressionParser(tokens).expression() : null);
            if (!tokens.isSign(")")) {
                tokens.expectSign(",");
            }
        }
        tokens.expectEnd();
        return new TemplateNode.Macro(name, parameters, defaults, body("endmacro"));
    }
}
