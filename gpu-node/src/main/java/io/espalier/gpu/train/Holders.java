package io.espalier.gpu.train;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts those that still need a device's memory: its owner, and every signal that lies in it. The last to let go frees it,
 * on whatever thread that is, so a teacher that is restarted does not take from others what it already gave.
 */
public final class Holders implements AutoCloseable {
    private final AtomicInteger count = new AtomicInteger(1);
    private final AtomicBoolean owned = new AtomicBoolean(true);
    private final Runnable free;

    /** @param free called once */
    public Holders(Runnable free) {
        this.free = free;
    }

    /** One more; to be called while there is another. */
    public void hold() {
        count.incrementAndGet();
    }

    /** One less. */
    public void letGo() {
        if (count.decrementAndGet() == 0) {
            free.run();
        }
    }

    /** The owner lets go; idempotent. */
    @Override
    public void close() {
        if (owned.compareAndSet(true, false)) {
            letGo();
        }
    }
}
