package io.espalier.streams.live;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Says in words why something failed. */
final class Failures {
    private Failures() {}

    /** The message of a failure, and why it came to that, where the message does not say so. */
    static String why(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        Throwable cause = failure.getCause();
        if (cause == null) {
            return message;
        }
        String reason = reason(cause);
        return message.contains(reason) ? message : message + ": " + reason;
    }

    private static String reason(Throwable cause) {
        return switch (cause) {
            case AccessDeniedException _ -> "permission denied";
            case NoSuchFileException _ -> "no such file or directory";
            case FileSystemException file when file.getReason() != null -> file.getReason();
            default -> String.valueOf(cause.getMessage());
        };
    }
}
