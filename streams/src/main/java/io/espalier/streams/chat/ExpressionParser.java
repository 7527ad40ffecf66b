package io.espalier.streams.chat;

import io.espalier.streams.chat.Expression.Arguments;
import io.espalier.streams.chat.Tokens.Kind;
import io.espalier.streams.chat.Tokens.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads expressions, one method for each level of precedence, loosest first. */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> ARGUMENT_ENDS = Set.of("and", "or", "not", "else", "if", "is", "in");

    private final Tokens tokens;

    ExpressionParser(Tokens tokens) {
        this.tokens = tokens;
    }

    /** A value, perhaps one of two by a condition; values with commas between them are a list. */
    Expression tuple() {
        Expression first = expression();
        if (!tokens.isSign(",")) {
            return first;
        }
        List<Expression> items = new ArrayList<>(List.of(first));
        while (tokens.takeSign(",")) {
            items.add(expression());
        }
        return new Expression.ListOf(items);
    }

    Expression expression() {
        Expression value = or();
        while (tokens.takeName("if")) {
            Expression condition = or();
            Expression otherwise = tokens.takeName("else") ? expression() : null;
            value = new Expression.Conditional(condition, value, otherwise);
        }
        return value;
    }

    /** Without a condition behind it: a loop's own {@code if} follows. */
    Expression or() {
        Expression left = and();
        while (tokens.takeName("or")) {
            left = new Expression.Binary("or", left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.takeName("and")) {
            left = new Expression.Binary("and", left, not());
        }
        return left;
    }

    private Expression not() {
        return tokens.takeName("not") ? new Expression.Not(not()) : comparison();
    }

    private Expression comparison() {
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> rest = new ArrayList<>();
        while (true) {
            if (tokens.peek().kind() == Kind.SIGN
                    && COMPARISONS.contains(tokens.peek().text())) {
                operators.add(tokens.next().text());
            } else if (tokens.takeName("in")) {
                operators.add("in");
            } else if (tokens.isName("not") && tokens.peek(1).equals(new Token(Kind.NAME, "in"))) {
                tokens.next();
                tokens.next();
                operators.add("not in");
            } else {
                return operators.isEmpty() ? first : new Expression.Comparison(first, operators, rest);
            }
            rest.add(sum());
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        while (tokens.isSign("+") || tokens.isSign("-")) {
            left = new Expression.Binary(tokens.next().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (tokens.takeSign("~")) {
            left = new Expression.Binary("~", left, product());
        }
        return left;
    }

    private Expression product() {
        Expression left = unary(true);
        while (tokens.isSign("*") || tokens.isSign("/") || tokens.isSign("//") || tokens.isSign("%")) {
            left = new Expression.Binary(tokens.next().text(), left, unary(true));
        }
        return left;
    }

    private Expression unary(boolean filtered) {
        Expression value;
        if (tokens.takeSign("-")) {
            value = new Expression.Negative(unary(false));
        } else if (tokens.takeSign("+")) {
            value = unary(false);
        } else {
            value = postfix(primary());
        }
        return filtered ? filters(value) : value;
    }

    private Expression primary() {
        Token token = tokens.next();
        return switch (token.kind()) {
            case STRING -> strings(token.text());
            case NUMBER -> new Expression.Literal(number(token.text()));
            case NAME -> name(token.text());
            case SIGN ->
                switch (token.text()) {
                    case "(" -> {
                        if (tokens.takeSign(")")) {
                            yield new Expression.ListOf(List.of());
                        }
                        Expression inner = tuple();
                        tokens.expectSign(")");
                        yield inner;
                    }
                    case "[" -> new Expression.ListOf(items("]"));
                    case "{" -> map();
                    default -> throw tokens.unexpected("a value, not '" + token.text() + "'");
                };
            case END -> throw tokens.unexpected("a value");
        };
    }

    private static Object number(String text) {
        if (text.contains(".")) {
            return Double.valueOf(text);
        }
        return Long.valueOf(text);
    }

    /** Strings that follow each other are one. */
    private Expression strings(String first) {
        StringBuilder all = new StringBuilder(first);
        while (tokens.peek().kind() == Kind.STRING) {
            all.append(tokens.next().text());
        }
        return new Expression.Literal(all.toString());
    }

    private static Expression name(String name) {
        return switch (name) {
            case "true", "True" -> new Expression.Literal(true);
            case "false", "False" -> new Expression.Literal(false);
            case "none", "None" -> new Expression.Literal(null);
            default -> new Expression.Name(name);
        };
    }

    private List<Expression> items(String end) {
        List<Expression> items = new ArrayList<>();
        while (!tokens.takeSign(end)) {
            items.add(expression());
            if (!tokens.isSign(end)) {
                tokens.expectSign(",");
            }
        }
        return items;
    }

    private Expression map() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.takeSign("}")) {
            keys.add(expression());
            tokens.expectSign(":");
            values.add(expression());
            if (!tokens.isSign("}")) {
                tokens.expectSign(",");
            }
        }
        return new Expression.MapOf(keys, values);
    }

    private Expression postfix(Expression of) {
        Expression value = of;
        while (true) {
            if (tokens.takeSign(".")) {
                value = new Expression.Attribute(value, tokens.next().text());
            } else if (tokens.takeSign("[")) {
                value = subscript(value);
            } else if (tokens.takeSign("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression subscript(Expression of) {
        Expression from = tokens.isSign(":") ? null : expression();
        if (tokens.takeSign("]")) {
            return new Expression.Index(of, from);
        }
        tokens.expectSign(":");
        Expression to = tokens.isSign(":") || tokens.isSign("]") ? null : expression();
        Expression step = tokens.takeSign(":") && !tokens.isSign("]") ? expression() : null;
        tokens.expectSign("]");
        return new Expression.Slice(of, from, to, step);
    }

    private Arguments arguments() {
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!tokens.takeSign(")")) {
            if (tokens.peek().kind() == Kind.NAME && tokens.peek(1).equals(new Token(Kind.SIGN, "="))) {
                String name = tokens.name();
                tokens.expectSign("=");
                named.put(name, expression());
            } else {
                positional.add(expression());
            }
            if (!tokens.isSign(")")) {
                tokens.expectSign(",");
            }
        }
        return new Arguments(positional, named);
    }

    private Expression filters(Expression of) {
        Expression value = of;
        while (true) {
            if (tokens.takeSign("|")) {
                String name = Filters.requireKnown(tokens.name());
                value = new Expression.Filter(value, name, tokens.takeSign("(") ? arguments() : Arguments.NONE);
            } else if (tokens.takeName("is")) {
                value = test(value);
            } else if (tokens.takeSign("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expression test(Expression of) {
        boolean not = tokens.takeName("not");
        String name = Tests.requireKnown(tokens.name());
        List<Expression> arguments = List.of();
        if (tokens.takeSign("(")) {
            arguments = arguments().positional();
        } else if (argumentFollows()) {
            arguments = List.of(postfix(primary()));
        }
        Expression test = new Expression.Test(of, name, arguments);
        return not ? new Expression.Not(test) : test;
    }

    /** A test may take one argument without parentheses. */
    private boolean argumentFollows() {
        Token next = tokens.peek();
        return switch (next.kind()) {
            case STRING, NUMBER -> true;
            case NAME -> !ARGUMENT_ENDS.contains(next.text());
            case SIGN -> next.text().equals("[") || next.text().equals("{");
            case END -> false;
        };
    }
}
