package io.espalier.streams.live;

import java.util.List;

/** Reads a source from one position on. Used by one thread at a time; may wait for disks, never for text. */
interface Feed extends AutoCloseable {
    /**
     * The next records, few; none where there are none now.
     *
     * @throws java.io.UncheckedIOException where another try may do better
     * @throws GivenUp where none can
     */
    List<Arrival> poll();

    /** The reason why a part of the source cannot be read just now, while the rest is; null where all of it can. */
    default String trouble() {
        return null;
    }

    @Override
    void close();
}
