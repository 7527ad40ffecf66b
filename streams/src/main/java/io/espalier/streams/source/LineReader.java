package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Lines of a file that are not blank, each of which fits in memory. Used by one thread. */
final class LineReader implements AutoCloseable {
    private final TextFile file;
    private final int maxLineBytes;
    private final InputStream in;
    private long line = -1;

    LineReader(TextFile file, int maxLineBytes) {
        this.file = file;
        this.maxLineBytes = maxLineBytes;
        this.in = file.stream();
    }

    /** The next line that is not blank; null after the last. */
    String next() {
        String text = nextOfAny();
        while (text != null && text.isBlank()) {
            text = nextOfAny();
        }
        return text;
    }

    private String nextOfAny() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
            int b = in.read();
            if (b < 0) {
                return null;
            }
            line++;
            for (; b >= 0 && b != '\n'; b = in.read()) {
                if (bytes.size() == maxLineBytes) {
                    throw Refused.invalid(
                            where(),
                            "line",
                            "over " + maxLineBytes + " bytes",
                            "must be shorter (" + Refused.setting("max-line-mib") + ")");
                }
                bytes.write(b);
            }
            return StrictUtf8.decode(bytes.toByteArray(), bytes.size(), where());
        } catch (IOException e) {
            throw file.unreadable(e);
        }
    }

    /** The number of the line read last, counted from 0. */
    long line() {
        return line;
    }

    /** File and line as editors count them. */
    String where() {
        return file.path() + ":" + (line + 1);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file.path().toString(), e);
        }
    }
}
