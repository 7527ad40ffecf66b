package io.espalier.streams.chat;

import java.util.List;

/** A piece of a template, parsed. */
sealed interface Node {
    record Text(String text) implements Node {}

    record Print(Expression value) implements Node {}

    /** {@code otherwise} is empty where there is none. */
    record If(Expression condition, List<Node> then, List<Node> otherwise) implements Node {}

    /** {@code condition} may be null. */
    record For(List<String> names, Expression over, Expression condition, List<Node> body, List<Node> otherwise)
            implements Node {}

    /** {@code attribute} is null but where a namespace is written to. */
    record Set(List<String> names, String attribute, Expression value) implements Node {}

    /** A variable that takes what its body writes. */
    record Capture(String name, List<Node> body) implements Node {}

    /** {@code defaults} holds null where an argument has none. */
    record Macro(String name, List<String> parameters, List<Expression> defaults, List<Node> body) implements Node {}

    record Break() implements Node {}

    record Continue() implements Node {}
}
