package io.espalier.streams.transport;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * What a thread of the transport does when there is nothing to do: it looks again a few times, then sleeps, longer each time. It
 * never yields: where ranks compute on the same processors, whoever yields waits for their whole time slices.
 */
final class Rest implements IdleStrategy {
    private static final int SPINS = 100;
    private static final long SHORTEST_NANOS = 1_000;

    private final long longestNanos;
    private int spins;
    private long sleepNanos;

    Rest(Duration longest) {
        longestNanos = longest.toNanos();
        reset();
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
        if (spins < SPINS) {
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
        sleepNanos = Math.min(SHORTEST_NANOS, longestNanos);
    }

    @Override
    public String alias() {
        return "rest";
    }
}
