package io.espalier.actors.http;

import java.util.function.LongSupplier;

/** Lets one line a second be written. */
final class LogRate {
    private static final long EVERY_NANOS = 1_000_000_000;

    private final LongSupplier nanoTime;
    private long last;
    private boolean written;

    LogRate(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    synchronized boolean tryAcquire() {
        long now = nanoTime.getAsLong();
        if (written && now - last < EVERY_NANOS) {
            return false;
        }
        written = true;
        last = now;
        return true;
    }
}
