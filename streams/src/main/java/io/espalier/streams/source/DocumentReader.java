package io.espalier.streams.source;

/** Documents in a fixed order. Used by one thread at a time. */
public interface DocumentReader extends AutoCloseable {
    /** The next document, or null after the last. */
    Document next();

    /** Passes over documents that have been read before. */
    default void skip(long documents) {
        for (long i = 0; i < documents; i++) {
            next();
        }
    }

    @Override
    void close();
}
