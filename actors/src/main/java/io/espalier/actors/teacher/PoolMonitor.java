package io.espalier.actors.teacher;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** The counts of a pool of teachers as others see them: written by the pool, read by any thread. */
public final class PoolMonitor {
    private final AtomicReference<PoolCounts> counts = new AtomicReference<>(PoolCounts.NONE);

    public PoolCounts counts() {
        return counts.get();
    }

    void answered() {
        count(c -> new PoolCounts(c.answered() + 1, c.askedAgain(), c.hedged(), c.unwanted(), c.gaveUp()));
    }

    void askedAgain() {
        count(c -> new PoolCounts(c.answered(), c.askedAgain() + 1, c.hedged(), c.unwanted(), c.gaveUp()));
    }

    void hedged() {
        count(c -> new PoolCounts(c.answered(), c.askedAgain(), c.hedged() + 1, c.unwanted(), c.gaveUp()));
    }

    void unwanted() {
        count(c -> new PoolCounts(c.answered(), c.askedAgain(), c.hedged(), c.unwanted() + 1, c.gaveUp()));
    }

    void gaveUp() {
        count(c -> new PoolCounts(c.answered(), c.askedAgain(), c.hedged(), c.unwanted(), c.gaveUp() + 1));
    }

    private void count(UnaryOperator<PoolCounts> change) {
        counts.updateAndGet(change);
    }
}
