package io.espalier.streams.source;

/** Documents in a fixed order. Used by one thread at a time. */
public interface DocumentReader extends AutoCloseable {
    /** The next document, or null after the last. */
    Document next();

    @Override
    void close();
}
