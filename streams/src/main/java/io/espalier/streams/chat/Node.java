package io.espalier.streams.chat;

import java.util.List;

/** A piece of a template, parsed. */
sealed interface Node {
    record Text(String text) implements Node {}

    record Print(Expression value) implements Node {}

    /** The first branch whose condition holds; {@code otherwise} is empty where there is none. */
    record If(List<Branch> branches, List<Node> otherwise) implements Node {}

    /** The nodes that are written where a condition holds. */
    record Branch(Expression condition, List<Node> body) {}

    /** {@code condition} may be null. */
    record For(List<String> names, Expression over, Expression condition, List<Node> body, List<Node> otherwise)
            implements Node {}

    /** {@code attribute} is null but where a namespace is written to. */
    record Set(List<String> names, String attribute, Expression value) implements Node {}

    /** A variable that takes what its body writes, through the filters behind it. */
    record Capture(String name, String attribute, Expression value, List<Node> body) implements Node {
        /** The name under which the filters find the text that the body wrote. */
        static final String BODY = " body";
    }

    /** {@code defaults} holds null where an argument has none. */
    record Macro(String name, List<String> parameters, List<Expression> defaults, List<Node> body) implements Node {}

    /** The part that the template itself marks as written by the assistant. */
    record Generation(List<Node> body) implements Node {}

    record Break() implements Node {}

    record Continue() implements Node {}
}
