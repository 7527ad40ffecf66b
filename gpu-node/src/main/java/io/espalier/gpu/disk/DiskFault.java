package io.espalier.gpu.disk;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A disk that does not take what is written to it: nothing is wrong with what was asked, and it can be done once the disk
 * is well again.
 */
public enum DiskFault {
    /** ENOSPC. */
    FULL("no space left on the disk", 28, "no space left", "not enough space", "database or disk is full"),
    /** EDQUOT; its number is another on macOS, where the English text is looked for. */
    QUOTA("the disk quota is used up", 122, "quota exceeded"),
    /** EROFS. */
    READ_ONLY("the file system is read-only", 30, "read-only file system"),
    /** EIO. */
    BROKEN("the disk fails: input/output error", 5, "input/output error");

    private final String words;
    /** The system's texts for the fault, one a line: in English, and in the language of the process. */
    private final String texts;

    DiskFault(String words, int errno, String... english) {
        this.words = words;
        this.texts =
                String.join("\n", english) + "\n" + SystemErrors.text(errno).toLowerCase(Locale.ROOT);
    }

    /** The fault in words for people. */
    public String words() {
        return words;
    }

    /** The fault of a disk that a failure tells of, wherever in its chain of causes; empty where it tells of none. */
    public static Optional<DiskFault> of(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof NoRoom) {
                return Optional.of(FULL);
            }
            if (cause instanceof IOException) {
                Optional<DiskFault> found = named(String.valueOf(cause.getMessage()));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<DiskFault> named(String message) {
        String text = message.toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(fault -> fault.texts.lines().anyMatch(text::contains))
                .findFirst();
    }

    /** A failure to write a file, in words: a disk that fails is the operator's to mend, and worth another try. */
    public static RuntimeException failure(Path path, IOException e) {
        return of(e).<RuntimeException>map(fault -> new Refused(Refused.Reason.TRY_AGAIN, path + ": " + fault.words, e))
                .orElseGet(() -> new UncheckedIOException(path.toString(), e));
    }

    /** A disk that was asked beforehand and has too little left. */
    public static final class NoRoom extends IOException {
        private static final long serialVersionUID = 1L;

        public NoRoom(String message) {
            super(message);
        }
    }
}
