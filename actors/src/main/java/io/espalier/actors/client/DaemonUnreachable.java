package io.espalier.actors.client;

/** Says that no daemon answers where one was looked for. */
public final class DaemonUnreachable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The exit code of a command that found no daemon. */
    public static final int EXIT_CODE = 69;

    public DaemonUnreachable(String message) {
        super(message);
    }

    public DaemonUnreachable(String message, Throwable cause) {
        super(message, cause);
    }
}
