package io.espalier.streams.live;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import io.espalier.gpu.Refused;
import io.espalier.streams.source.TextFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * The records of one file as bytes: its lines that are not blank, or the whole of a text. A line counts once it has its
 * end. A record that is too long or damaged says so; after damage there is nothing more. Used by one thread.
 */
final class RecordFile implements AutoCloseable {
    private static final JsonFactory JSON = new JsonFactory();

    private final TextFile file;
    private final int longest;
    private final InputStream in;
    /** The fault of a file that cannot be begun; null for any other. */
    private final String damage;

    private final boolean last;
    private long line;
    private long bytes;
    private FolderPlace place;
    private boolean waits;
    private boolean over;

    /**
     * A record of the file, or the damage in its place.
     *
     * @param fault why it cannot be read; null where it can
     */
    record Piece(String where, byte[] bytes, String fault) {}

    /**
     * Opens a file.
     *
     * @param longest bytes of a record
     * @param from where in it, of one that is not packed
     * @param last whether a last line counts that has no end, if it is whole by itself
     */
    RecordFile(TextFile file, int longest, FolderPlace from, boolean last) {
        this.file = file;
        this.longest = longest;
        this.last = last;
        this.place = new FolderPlace(from.bytes(), 0, from.lines());
        this.bytes = from.bytes();
        this.line = from.lines();
        InputStream stream = InputStream.nullInputStream();
        String refused = null;
        try {
            stream = file.stream();
        } catch (Refused e) {
            refused = e.getMessage();
        }
        this.in = stream;
        this.damage = refused;
        skip(from);
    }

    private void skip(FolderPlace from) {
        try {
            in.skipNBytes(from.bytes());
        } catch (IOException e) {
            close();
            throw new UncheckedIOException(file.path().toString(), e);
        }
        for (long given = 0; given < from.records(); given++) {
            next();
        }
    }

    Path path() {
        return file.path();
    }

    /** The place where the next record begins. */
    FolderPlace place() {
        return place;
    }

    /** Whether the file ends with a line that has no end yet. */
    boolean waits() {
        return waits;
    }

    /** The next record; null after the last. */
    Piece next() {
        if (damage != null && !over) {
            over = true;
            place = new FolderPlace(file.bytes(), 0, 0);
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
        place = new FolderPlace(file.bytes(), 0, 0);
        try {
            byte[] text = in.readNBytes(longest);
            return new Piece(file.path().toString(), text, in.read() < 0 ? null : tooLong());
        } catch (IOException e) {
            return damaged(file.path().toString(), new byte[0], e);
        }
    }

    /** Null for a blank line, and for one that waits for its end. */
    private Piece line() {
        ByteArrayOutputStream read = new ByteArrayOutputStream(256);
        line++;
        boolean cut = false;
        boolean blank = true;
        try {
            int b = in.read();
            for (; b >= 0 && b != '\n'; b = in.read()) {
                bytes++;
                blank &= b <= ' ';
                if (read.size() < longest) {
                    read.write(b);
                } else {
                    cut = true;
                }
            }
            over = b < 0;
        } catch (IOException e) {
            return damaged(where(), read.toByteArray(), e);
        }
        if (over && read.size() == 0) {
            line--;
            return null;
        }
        bytes += over ? 0 : 1;
        if (over && FolderLook.grows(file) && !blank && !(last && !cut && isWhole(read.toByteArray()))) {
            waits = true;
            return null;
        }
        place = new FolderPlace(FolderLook.grows(file) ? bytes : file.bytes(), 0, line);
        return blank ? null : new Piece(where(), read.toByteArray(), cut ? tooLong() : null);
    }

    /** A line that is cut off is no JSON. */
    private static boolean isWhole(byte[] line) {
        try (JsonParser json = JSON.createParser(line)) {
            json.nextToken();
            json.skipChildren();
            return json.hasCurrentToken() && json.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    /** File and line as editors count them. */
    private String where() {
        return file.path() + ":" + line;
    }

    private String tooLong() {
        return "over " + longest + " bytes: must be shorter (max-line-mib)";
    }

    /** A disk that fails is another thing than a file that is broken: it is read again. */
    private Piece damaged(String where, byte[] bytes, IOException e) {
        RuntimeException unreadable = file.unreadable(e);
        if (!(unreadable instanceof Refused)) {
            throw unreadable;
        }
        over = true;
        place = new FolderPlace(file.bytes(), 0, line);
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
