package io.espalier.streams.chat;

import java.util.List;
import java.util.Map;

/** The parsed form of the code between a tag's braces. */
sealed interface Expression {
    record Literal(Object value) implements Expression {}

    record Name(String name) implements Expression {}

    record ListOf(List<Expression> items) implements Expression {}

    record TupleOf(List<Expression> items) implements Expression {}

    record MapOf(List<Expression> keys, List<Expression> values) implements Expression {}

    record Attribute(Expression of, String name) implements Expression {}

    record Index(Expression of, Expression at) implements Expression {}

    /** Bounds and step may be null. */
    record Slice(Expression of, Expression from, Expression to, Expression step) implements Expression {}

    record Call(Expression callee, Arguments arguments) implements Expression {}

    record Filter(Expression of, String name, Arguments arguments) implements Expression {}

    record Test(Expression of, String name, List<Expression> arguments) implements Expression {}

    record Not(Expression of) implements Expression {}

    record Sign(boolean negative, Expression of) implements Expression {}

    record Binary(String operator, Expression left, Expression right) implements Expression {}

    /** {@code a < b < c}: as many operators as operands after the first. */
    record Comparison(Expression first, List<String> operators, List<Expression> rest) implements Expression {}

    /** {@code otherwise} may be null. */
    record Conditional(Expression condition, Expression then, Expression otherwise) implements Expression {}

    /** The arguments that a call or filter is given. */
    record Arguments(List<Expression> positional, Map<String, Expression> named) {
        static final Arguments NONE = new Arguments(List.of(), Map.of());
    }
}
