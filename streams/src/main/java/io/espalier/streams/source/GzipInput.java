package io.espalier.streams.source;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;

/**
 * A gzip file to its last byte: every member is whole, and behind the last one is nothing but zeros, with which tapes are
 * filled up. The JDK's own reader takes what it cannot read for the end.
 */
final class GzipInput extends InputStream {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int MAGIC = 0x8b1f;
    private static final int DEFLATE = 8;
    private static final int HEADER_CRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;

    private final PushbackInputStream in;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 sum = new CRC32();
    private final byte[] packed = new byte[BUFFER_BYTES];
    private final byte[] single = new byte[1];
    private long members;
    private int filled;
    private boolean ended;

    GzipInput(InputStream in) throws IOException {
        this.in = new PushbackInputStream(in, BUFFER_BYTES);
        try {
            begin();
        } catch (IOException e) {
            inflater.end();
            throw e;
        }
        if (ended) {
            inflater.end();
            throw new EOFException("the file is empty");
        }
    }

    /** Reads a member's head; ends where there is none. */
    private void begin() throws IOException {
        int first = in.read();
        while (members > 0 && first == 0) {
            first = in.read();
        }
        if (first < 0) {
            ended = true;
            return;
        }
        members++;
        if ((first | (next() << 8)) != MAGIC) {
            throw new ZipException(members == 1 ? "no gzip" : "member " + members + " is no gzip");
        }
        int method = next();
        if (method != DEFLATE) {
            throw new ZipException("member " + members + " has the unknown method " + method);
        }
        int flags = next();
        if ((flags & RESERVED) != 0) {
            throw new ZipException("member " + members + " has unknown flags");
        }
        skip(6);
        if ((flags & EXTRA) != 0) {
            skip(next() | (next() << 8));
        }
        for (int text : new int[] {NAME, COMMENT}) {
            while ((flags & text) != 0 && next() != 0) {}
        }
        skip((flags & HEADER_CRC) != 0 ? 2 : 0);
        inflater.reset();
        sum.reset();
    }

    private int next() throws IOException {
        int next = in.read();
        if (next < 0) {
            throw new EOFException("member " + members + " is cut off");
        }
        return next;
    }

    private void skip(int bytes) throws IOException {
        for (int i = 0; i < bytes; i++) {
            next();
        }
    }

    @Override
    public int read() throws IOException {
        return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!ended) {
            int read = inflate(bytes, from, length);
            if (read > 0) {
                sum.update(bytes, from, read);
                return read;
            }
            if (inflater.finished()) {
                end();
                begin();
            } else if (inflater.needsDictionary()) {
                throw new ZipException("member " + members + " needs a dictionary");
            } else {
                filled = in.read(packed);
                if (filled < 0) {
                    throw new EOFException("member " + members + " is cut off");
                }
                inflater.setInput(packed, 0, filled);
            }
        }
        return -1;
    }

    private int inflate(byte[] bytes, int from, int length) throws IOException {
        try {
            return inflater.inflate(bytes, from, length);
        } catch (DataFormatException e) {
            throw new ZipException("member " + members + ": " + e.getMessage());
        }
    }

    /** Compares a member with its own sum and size. */
    private void end() throws IOException {
        int rest = inflater.getRemaining();
        in.unread(packed, filled - rest, rest);
        if (little() != sum.getValue()) {
            throw new ZipException("member " + members + " is not what its sum says");
        }
        if (little() != (inflater.getBytesWritten() & 0xffffffffL)) {
            throw new ZipException("member " + members + " is not as long as it says");
        }
    }

    private long little() throws IOException {
        return next() | ((long) next() << 8) | ((long) next() << 16) | ((long) next() << 24);
    }

    @Override
    public void close() throws IOException {
        ended = true;
        inflater.end();
        in.close();
    }
}
