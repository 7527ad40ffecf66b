package io.espalier.streams.chat;

/** Text that was declared safe: what is added to it has its HTML signs escaped. */
record Markup(String text) {
    /** Escapes HTML's five signs as markupsafe does. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&#34;")
                .replace("'", "&#39;");
    }
}
