package io.espalier.actors.rank;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Ranks that share a device take turns with all of it, first come, first served: two models stepping at once on the same
 * cores wait for each other at every barrier.
 */
public final class ComputeTurn {
    private final ReentrantLock lock = new ReentrantLock(true);

    /** Runs the work when its turn has come. */
    public <T> T take(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }
}
