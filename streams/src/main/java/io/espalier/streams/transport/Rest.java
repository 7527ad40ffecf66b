package io.espalier.streams.transport;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * The way in which a thread of the transport idles: it looks for work again a few times, then sleeps, longer each time.
 * It never yields: where ranks compute on the same processors, a thread that yields waits for their whole time slices.
 */
final class Rest implements IdleStrategy {
    private static final int SPINS = 100;
    private static final long SHORTEST_NANOS = 1_000;
    /** A driver that only counts what others have copied must not take a processor to do so. */
    private static final long DRIVER_SHORTEST_NANOS = 50_000;

    private final int maxSpins;
    private final long shortestNanos;
    private final long longestNanos;
    private int spins;
    private long sleepNanos;

    private Rest(int maxSpins, long shortestNanos, Duration longest) {
        this.maxSpins = maxSpins;
        this.longestNanos = longest.toNanos();
        this.shortestNanos = Math.min(shortestNanos, longestNanos);
        this.sleepNanos = this.shortestNanos;
    }

    static Rest ofLinks(Duration longest) {
        return new Rest(SPINS, SHORTEST_NANOS, longest);
    }

    static Rest ofDriver(Duration longest) {
        return new Rest(0, DRIVER_SHORTEST_NANOS, longest);
    }

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    public void idle() {
        if (spins < maxSpins) {
            spins++;
            Thread.onSpinWait();
        } else {
            LockSupport.parkNanos(sleepNanos);
            sleepNanos = Math.min(longestNanos, 2 * sleepNanos);
        }
    }

    @Override
    public void reset() {
        spins = 0;
        sleepNanos = shortestNanos;
    }

    @Override
    public String alias() {
        return "rest";
    }
}
