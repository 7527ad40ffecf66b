package io.espalier.actors.http;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The connections that are open. None is kept for one who only holds it: where all places are taken, or all of one
 * address, the one that has waited longest for its client makes room, and so an operator and a probe are always let in.
 * Connections on which something is done for a client that may have it done are left alone.
 */
final class Places {
    private final int most;
    private final int mostOfOne;
    /** The one that has waited longest first. */
    private final Set<Place> waiting = new LinkedHashSet<>();

    private final Map<InetAddress, Integer> taken = new HashMap<>();
    private int all;

    Places(int most, int mostOfOne) {
        this.most = most;
        this.mostOfOne = mostOfOne;
    }

    /** The place of one open connection. */
    final class Place {
        private final InetAddress address;
        private final Runnable close;
        private boolean freed;

        private Place(InetAddress address, Runnable close) {
            this.address = address;
            this.close = close;
        }

        /** Something is done for its client, who may have it done. */
        void work() {
            synchronized (Places.this) {
                waiting.remove(this);
            }
        }

        /** Notes that it is the client's turn: the connection waits, and may be closed to make room. */
        void await() {
            synchronized (Places.this) {
                if (!freed) {
                    waiting.add(this);
                }
            }
        }

        /** It is closed; idempotent. */
        void free() {
            synchronized (Places.this) {
                if (!freed) {
                    freed = true;
                    all--;
                    waiting.remove(this);
                    taken.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
                }
            }
        }
    }

    /**
     * A place for a connection, which another may have had to leave.
     *
     * @param close closes this one
     * @return null where something is done on all of them
     */
    Place take(InetAddress address, Runnable close) {
        Place victim = null;
        Place place = new Place(address, close);
        synchronized (this) {
            boolean ofItsOwn = taken.getOrDefault(address, 0) >= mostOfOne;
            if (ofItsOwn || all >= most) {
                victim = longest(address, ofItsOwn);
                if (victim == null) {
                    return null;
                }
                victim.free();
            }
            all++;
            taken.merge(address, 1, Integer::sum);
            waiting.add(place);
        }
        if (victim != null) {
            victim.close.run();
        }
        return place;
    }

    /** The one that has waited longest: of that address, or else of any where that will do. */
    private Place longest(InetAddress address, boolean ofItsOwn) {
        for (Place place : waiting) {
            if (place.address.equals(address)) {
                return place;
            }
        }
        Iterator<Place> others = waiting.iterator();
        return ofItsOwn || !others.hasNext() ? null : others.next();
    }

    /** Closes the one that has waited longest, if there is any. */
    void giveUpOne() {
        Place victim;
        synchronized (this) {
            Iterator<Place> longest = waiting.iterator();
            if (!longest.hasNext()) {
                return;
            }
            victim = longest.next();
            victim.free();
        }
        victim.close.run();
    }

    /** Whether work is done for the client of any open connection. */
    synchronized boolean working() {
        return all > waiting.size();
    }

    synchronized int open() {
        return all;
    }
}
