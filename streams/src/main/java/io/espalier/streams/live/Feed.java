package io.espalier.streams.live;

import java.util.List;

/** Reads a source from one position on. Used by one thread at a time; may wait for disks, never for text. */
interface Feed extends AutoCloseable {
    /** The next records, few; none where there are none now. */
    List<Arrival> poll();

    @Override
    void close();
}
