package io.espalier.streams.chat;

/** Refuses a template that nests too deep: its pieces are read and worked out by calls within calls. */
final class Nesting {
    private static final int MAX_DEPTH = 200;
    private static final int MAX_LINKS = 1000;

    private int depth;
    private int links;

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw new TemplateException("nests more than " + MAX_DEPTH + " deep");
        }
    }

    void leave() {
        depth--;
    }

    /** Counts an operator, call or filter that follows another in the same tag. */
    void link() {
        if (++links > MAX_LINKS) {
            throw new TemplateException("has more than " + MAX_LINKS + " operators in one tag");
        }
    }
}
