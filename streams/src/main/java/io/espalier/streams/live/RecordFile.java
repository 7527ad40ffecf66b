package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import io.espalier.streams.source.TextFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The records of one file as bytes: its lines that are not blank, or the whole of a text. What is too long or damaged is
 * a record that says so; after damage there is nothing more. Used by one thread.
 */
final class RecordFile implements AutoCloseable {
    private final TextFile file;
    private final int longest;
    private final InputStream in;
    /** Of a file that cannot be begun. */
    private final String damage;

    private long line;
    private boolean over;

    /**
     * One record.
     *
     * @param fault why it cannot be read; null where it can
     */
    record Piece(String where, byte[] bytes, String fault) {}

    /** @param longest bytes of a record */
    RecordFile(TextFile file, int longest) {
        this.file = file;
        this.longest = longest;
        InputStream stream = InputStream.nullInputStream();
        String refused = null;
        try {
            stream = file.stream();
        } catch (Refused e) {
            refused = e.getMessage();
        }
        this.in = stream;
        this.damage = refused;
    }

    /** The next record; null after the last. */
    Piece next() {
        if (damage != null && !over) {
            over = true;
            return new Piece(file.path().toString(), new byte[0], damage);
        }
        while (!over) {
            Piece piece = file.format() == TextFile.Format.TEXT ? whole() : line();
            if (piece != null) {
                return piece;
            }
        }
        return null;
    }

    private Piece whole() {
        over = true;
        try {
            byte[] bytes = in.readNBytes(longest);
            return new Piece(file.path().toString(), bytes, in.read() < 0 ? null : tooLong());
        } catch (IOException e) {
            return damaged(file.path().toString(), new byte[0], e);
        }
    }

    /** Null for a blank line. */
    private Piece line() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        line++;
        boolean cut = false;
        boolean blank = true;
        try {
            int b = in.read();
            over = b < 0;
            for (; b >= 0 && b != '\n'; b = in.read()) {
                blank &= b <= ' ';
                if (bytes.size() < longest) {
                    bytes.write(b);
                } else {
                    cut = true;
                }
            }
        } catch (IOException e) {
            return damaged(where(), bytes.toByteArray(), e);
        }
        return blank ? null : new Piece(where(), bytes.toByteArray(), cut ? tooLong() : null);
    }

    /** File and line as editors count them. */
    private String where() {
        return file.path() + ":" + line;
    }

    private String tooLong() {
        return "over " + longest + " bytes: must be shorter (--max-line-mib)";
    }

    /** A disk that fails is another thing than a file that is broken: it is read again. */
    private Piece damaged(String where, byte[] bytes, IOException e) {
        RuntimeException unreadable = file.unreadable(e);
        if (!(unreadable instanceof Refused)) {
            throw unreadable;
        }
        over = true;
        return new Piece(where, bytes, unreadable.getMessage());
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
