package io.espalier.streams.chat;

import java.util.List;

/** A piece of a template, parsed. */
sealed interface TemplateNode {
    record Text(String text) implements TemplateNode {}

    record Print(Expression value) implements TemplateNode {}

    /** The first branch whose condition holds; {@code otherwise} is empty where there is none. */
    record If(List<Branch> branches, List<TemplateNode> otherwise) implements TemplateNode {}

    /** The nodes that are written where a condition holds. */
    record Branch(Expression condition, List<TemplateNode> body) {}

    /** {@code condition} may be null. */
    record For(
            List<String> names,
            Expression over,
            Expression condition,
            List<TemplateNode> body,
            List<TemplateNode> otherwise)
            implements TemplateNode {}

    /** {@code attribute} is null but where a namespace is written to. */
    record Set(List<String> names, String attribute, Expression value) implements TemplateNode {}

    /** A variable that takes what its body writes, through the filters behind it. */
    record Capture(String name, String attribute, Expression value, List<TemplateNode> body) implements TemplateNode {
        /** The name under which the filters find the text that the body wrote. */
        static final String BODY = " body";
    }

    /** {@code defaults} holds null where an argument has none. */
    record Macro(String name, List<String> parameters, List<Expression> defaults, List<TemplateNode> body)
            implements TemplateNode {}

    /** The part that the template itself marks as written by the assistant. */
    record Generation(List<TemplateNode> body) implements TemplateNode {}

    record Break() implements TemplateNode {}

    record Continue() implements TemplateNode {}
}
