package io.espalier.streams.source;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** The ways to pack a file of text on disk; the last suffix of its name tells which it is. */
public enum Compression {
    NONE(""),
    GZIP(".gz"),
    ZSTD(".zst");

    private static final int BUFFER_BYTES = 1 << 16;

    /** The most memory that a frame may ask for: the logarithm to base 2 of its bytes. */
    static final int LONGEST_WINDOW = 29;

    private final String suffix;

    Compression(String suffix) {
        this.suffix = suffix;
    }

    static Compression of(String name) {
        return Arrays.stream(values())
                .filter(c -> c != NONE && name.endsWith(c.suffix))
                .findFirst()
                .orElse(NONE);
    }

    String suffix() {
        return suffix;
    }

    /** The bytes that {@code packed} holds. */
    InputStream unpack(InputStream packed) throws IOException {
        CountedBytes counted = new CountedBytes(packed);
        BufferedInputStream raw = new BufferedInputStream(counted, BUFFER_BYTES);
        return switch (this) {
            case NONE -> raw;
            case GZIP -> new BufferedInputStream(counted.limit(new GzipInput(raw)), BUFFER_BYTES);
            case ZSTD ->
                new BufferedInputStream(
                        counted.limit(new ZstdInputStream(notEmpty(raw)).setLongMax(LONGEST_WINDOW)), BUFFER_BYTES);
        };
    }

    /** Refuses a file without a byte, which zstd would take for a complete stream of no frames. */
    private static InputStream notEmpty(BufferedInputStream raw) throws IOException {
        raw.mark(1);
        if (raw.read() < 0) {
            throw new EOFException("the file is empty");
        }
        raw.reset();
        return raw;
    }

    /** The feature for which an intact file is not read, told by the library's message; null where it is damaged. */
    static String unsupported(String message) {
        if (message.contains("too much memory")) {
            return "with a window over " + (1 << (LONGEST_WINDOW - 20)) + " MiB";
        }
        return message.contains("ictionary") ? "that needs a dictionary" : null;
    }
}
