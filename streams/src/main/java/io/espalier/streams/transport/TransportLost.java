package io.espalier.streams.transport;

/** A transport has ended under its links: closed by its owner, or without its media driver. */
public final class TransportLost extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TransportLost(String message, Throwable cause) {
        super(message, cause);
    }
}
