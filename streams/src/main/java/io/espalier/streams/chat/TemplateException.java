package io.espalier.streams.chat;

/** A template that cannot be read, or cannot be written out for a conversation; the message says why. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TemplateException(String message) {
        super(message);
    }
}
