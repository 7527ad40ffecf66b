package io.espalier.streams.live;

import java.util.Arrays;
import java.util.List;

/**
 * The keys of a source's last records at one time, shared with the window that goes on, not copied.
 *
 * @param full chunks, oldest first
 * @param left of the oldest chunk, those that have left the window
 * @param filling the youngest, of which {@code filled} are meant
 */
record SeenKeys(List<long[]> full, int left, long[] filling, int filled) {
    static final int CHUNK = 1024;
    static final SeenKeys NONE = of(new long[0]);

    static SeenKeys of(long[] hashes) {
        return new SeenKeys(List.of(), 0, hashes, hashes.length);
    }

    /** The hashes of all keys, oldest first. */
    long[] hashes() {
        long[] all = new long[full.size() * CHUNK + filled];
        for (int i = 0; i < full.size(); i++) {
            System.arraycopy(full.get(i), 0, all, i * CHUNK, CHUNK);
        }
        System.arraycopy(filling, 0, all, full.size() * CHUNK, filled);
        return Arrays.copyOfRange(all, left, all.length);
    }
}
