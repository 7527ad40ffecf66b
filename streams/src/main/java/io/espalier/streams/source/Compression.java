package io.espalier.streams.source;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/** How a file of text is packed on disk, which its last suffix tells. */
public enum Compression {
    NONE(""),
    GZIP(".gz"),
    ZSTD(".zst");

    private static final int BUFFER_BYTES = 1 << 16;

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
            case GZIP -> new BufferedInputStream(counted.limit(new GZIPInputStream(raw, BUFFER_BYTES)), BUFFER_BYTES);
            case ZSTD -> new BufferedInputStream(counted.limit(new ZstdInputStream(notEmpty(raw))), BUFFER_BYTES);
        };
    }

    /** No bytes at all would pass for a complete stream of no frames. */
    private static InputStream notEmpty(BufferedInputStream raw) throws IOException {
        raw.mark(1);
        if (raw.read() < 0) {
            throw new EOFException("the file is empty");
        }
        raw.reset();
        return raw;
    }
}
