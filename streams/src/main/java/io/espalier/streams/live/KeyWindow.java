package io.espalier.streams.live;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The keys of the last records, by 64 bits of their SHA-256, in the order in which they came. Used by one thread; what
 * {@link #keys} gave may be read by any.
 */
final class KeyWindow {
    private final int capacity;
    private final Set<Long> members = new HashSet<>();
    private final Deque<long[]> full = new ArrayDeque<>();
    private long[] filling = new long[SeenKeys.CHUNK];
    private int filled;
    /** The number of keys of the oldest chunk that have left the window. */
    private int left;

    /** @param before keys that came before, oldest first; the last of them are kept */
    KeyWindow(int capacity, SeenKeys before) {
        this.capacity = capacity;
        for (long hash : before.hashes()) {
            add(hash);
        }
    }

    static long hash(String key) {
        return RecordKey.of(key).hash();
    }

    boolean contains(long hash) {
        return members.contains(hash);
    }

    /** Whether the key is new; it then is the youngest. */
    boolean add(long hash) {
        if (capacity == 0) {
            return true;
        }
        if (!members.add(hash)) {
            return false;
        }
        filling[filled++] = hash;
        if (filled == SeenKeys.CHUNK) {
            full.add(filling);
            filling = new long[SeenKeys.CHUNK];
            filled = 0;
        }
        if (members.size() > capacity) {
            long[] oldest = full.isEmpty() ? filling : full.getFirst();
            members.remove(oldest[left++]);
            if (left == SeenKeys.CHUNK) {
                full.removeFirst();
                left = 0;
            }
        }
        return true;
    }

    SeenKeys keys() {
        return new SeenKeys(List.copyOf(full), left, filling, filled);
    }
}
