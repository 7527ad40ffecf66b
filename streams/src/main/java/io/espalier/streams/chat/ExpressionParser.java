package io.espalier.streams.chat;

import io.espalier.streams.chat.Expression.Arguments;
import io.espalier.streams.chat.Tokens.Kind;
import io.espalier.streams.chat.Tokens.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Reads expressions, one method for each level of precedence, loosest first. */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> ARGUMENT_ENDS = Set.of("and", "or", "not", "else", "if", "is", "in");

    private final Tokens tokens;
    private final Nesting nesting = new Nesting();

    ExpressionParser(Tokens tokens) {
        this.tokens = tokens;
    }

    /** A value, perhaps one of two by a condition; values with commas between them are a tuple. */
    Expression tuple() {
        return tuple(expression(), ")");
    }

    /** A comma may stand behind the last. */
    private Expression tuple(Expression first, String end) {
        if (!tokens.isSign(",")) {
            return first;
        }
        List<Expression> items = new ArrayList<>(List.of(first));
        while (tokens.takeSign(",")) {
            if (tokens.isSign(end) || tokens.peek().kind() == Kind.END) {
                break;
            }
            items.add(expression());
        }
        return new Expression.TupleOf(items);
    }

    /** Reads the expression that a loop goes over, up to the loop's condition. */
    Expression loopOver() {
        Expression first = or();
        if (!tokens.isSign(",")) {
            return first;
        }
        List<Expression> items = new ArrayList<>(List.of(first));
        while (tokens.takeSign(",")) {
            items.add(or());
        }
        return new Expression.TupleOf(items);
    }

    Expression expression() {
        nesting.enter();
        Expression value = or();
        while (tokens.takeName("if")) {
            nesting.link();
            Expression condition = or();
            Expression otherwise = tokens.takeName("else") ? expression() : null;
            value = new Expression.Conditional(condition, value, otherwise);
        }
        nesting.leave();
        return value;
    }

    /** Reads an expression that has no condition behind it, since an {@code if} that follows may be a loop's own. */
    private Expression or() {
        Expression left = and();
        while (tokens.takeName("or")) {
            left = binary("or", left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (tokens.takeName("and")) {
            left = binary("and", left, not());
        }
        return left;
    }

    private Expression not() {
        if (!tokens.takeName("not")) {
            return comparison();
        }
        nesting.enter();
        Expression value = new Expression.Not(not());
        nesting.leave();
        return value;
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
            left = binary(tokens.next().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (tokens.takeSign("~")) {
            left = binary("~", left, product());
        }
        return left;
    }

    private Expression product() {
        Expression left = power();
        while (tokens.isSign("*") || tokens.isSign("/") || tokens.isSign("//") || tokens.isSign("%")) {
            left = binary(tokens.next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (tokens.takeSign("**")) {
            left = binary("**", left, unary(true));
        }
        return left;
    }

    private Expression binary(String operator, Expression left, Expression right) {
        nesting.link();
        return new Expression.Binary(operator, left, right);
    }

    private Expression unary(boolean filtered) {
        nesting.enter();
        boolean negative = tokens.isSign("-");
        Expression value = negative || tokens.isSign("+") ? signed(negative) : primary();
        value = postfix(value);
        value = filtered ? filters(value) : value;
        nesting.leave();
        return value;
    }

    private Expression signed(boolean negative) {
        tokens.next();
        return new Expression.Sign(negative, unary(false));
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
                            yield new Expression.TupleOf(List.of());
                        }
                        Expression inner = tuple(expression(), ")");
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
        String digits = text.toLowerCase(Locale.ROOT);
        try {
            if (digits.startsWith("0x")) {
                return Long.parseLong(digits.substring(2), 16);
            }
            if (digits.startsWith("0o")) {
                return Long.parseLong(digits.substring(2), 8);
            }
            if (digits.startsWith("0b")) {
                return Long.parseLong(digits.substring(2), 2);
            }
            return digits.contains(".") || digits.contains("e")
                    ? (Object) Double.valueOf(digits)
                    : (Object) Long.valueOf(digits);
        } catch (NumberFormatException _) {
            throw new TemplateException(text + " is no integer of 64 bits");
        }
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
                value = member(value);
            } else if (tokens.takeSign("[")) {
                value = subscript(value);
            } else if (tokens.takeSign("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
            nesting.link();
        }
    }

    /** A field by its name, or an item by its place. */
    private Expression member(Expression of) {
        if (tokens.peek().kind() == Kind.NUMBER) {
            return new Expression.Index(
                    of, new Expression.Literal(number(tokens.next().text())));
        }
        return new Expression.Attribute(of, tokens.name());
    }

    private Expression subscript(Expression of) {
        Expression from = tokens.isSign(":") ? null : tuple(expression(), "]");
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
            } else if (tokens.isSign("*") || tokens.isSign("**")) {
                throw new TemplateException("'" + tokens.peek().text() + "' before an argument is not supported");
            } else if (named.isEmpty()) {
                positional.add(expression());
            } else {
                throw new TemplateException("an argument without a name follows one with a name");
            }
            if (!tokens.isSign(")")) {
                tokens.expectSign(",");
            }
        }
        return new Arguments(positional, named);
    }

    /** Filters and tests behind a value. */
    Expression filters(Expression of) {
        Expression value = of;
        while (true) {
            if (tokens.takeSign("|")) {
                String name = tokens.name();
                Arguments arguments = tokens.takeSign("(") ? arguments() : Arguments.NONE;
                Filters.requireKnown(
                        name, arguments.positional().size(), arguments.named().keySet());
                value = new Expression.Filter(value, name, arguments);
            } else if (tokens.takeName("is")) {
                value = test(value);
            } else if (tokens.takeSign("(")) {
                value = new Expression.Call(value, arguments());
            } else {
                return value;
            }
            nesting.link();
        }
    }

    private Expression test(Expression of) {
        boolean not = tokens.takeName("not");
        String name = tokens.name();
        Arguments arguments = Arguments.NONE;
        if (tokens.takeSign("(")) {
            arguments = arguments();
        } else if (argumentFollows()) {
            arguments = new Arguments(List.of(postfix(primary())), Map.of());
        }
        if (!arguments.named().isEmpty()) {
            throw new TemplateException("test 'is " + name + "' takes no argument by name");
        }
        Tests.requireKnown(name, arguments.positional().size());
        Expression test = new Expression.Test(of, name, arguments.positional());
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
