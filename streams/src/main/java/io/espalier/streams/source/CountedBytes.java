package io.espalier.streams.source;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Counts the packed bytes that were read, so that few of them cannot unpack to more than any text does. */
final class CountedBytes extends FilterInputStream {
    /** Text packs by 3 to 10 times, logs that repeat themselves by 100; a file of one letter by 1,000 and more. */
    private static final long MOST_RATIO = 200;
    /** The bytes that may be unpacked in any case. */
    private static final long FREE_BYTES = 64L << 20;

    private long packed;

    /** Few bytes that unpack to many. */
    static final class OutOfProportion extends IOException {
        private static final long serialVersionUID = 1L;

        private OutOfProportion() {
            super("over " + MOST_RATIO + " times its size");
        }
    }

    CountedBytes(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        int read = super.read();
        packed += read < 0 ? 0 : 1;
        return read;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
        int read = super.read(bytes, from, length);
        packed += Math.max(0, read);
        return read;
    }

    @Override
    public long skip(long bytes) throws IOException {
        long skipped = super.skip(bytes);
        packed += skipped;
        return skipped;
    }

    /** Returns the unpacked bytes, as long as they are in proportion to the packed bytes that were read. */
    InputStream limit(InputStream unpacked) {
        return new FilterInputStream(unpacked) {
            private long bytes;

            @Override
            public int read() throws IOException {
                int read = super.read();
                count(read < 0 ? 0 : 1);
                return read;
            }

            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                int read = super.read(into, from, length);
                count(Math.max(0, read));
                return read;
            }

            private void count(int more) throws IOException {
                bytes += more;
                if (bytes > FREE_BYTES && bytes / MOST_RATIO > packed) {
                    throw new OutOfProportion();
                }
            }
        };
    }
}
