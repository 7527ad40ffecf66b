package io.espalier.actors.bench;

import java.io.IOException;

/** A way for frames from a second process to this one. */
interface TransportLane extends AutoCloseable {
    /** Its name in tables. */
    String label();

    /**
     * Seconds that frames take to come in one after another.
     *
     * @param warmup frames before them
     */
    double streamSeconds(int bytes, int warmup, int frames) throws IOException;

    /** Nanoseconds from sending a frame until the other process has sent it back, for each of so many. */
    long[] roundTripNanos(int bytes, int frames) throws IOException;

    @Override
    void close() throws IOException;
}
