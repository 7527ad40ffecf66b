package io.espalier.actors.health;

import java.util.HashMap;
import java.util.Map;

/**
 * The growth of numbers since this process began to look at them. A run that goes back to a checkpoint takes them
 * back, and Prometheus would take a counter that falls for one that began anew, and count all of it once more. Used by one
 * thread at a time.
 */
final class Growth {
    private final Map<String, Double> seen = new HashMap<>();
    private final Map<String, Double> grown = new HashMap<>();
    private final boolean fresh;

    /** @param fresh whether there was nothing of the run yet: then what is seen first has grown from nothing */
    Growth(boolean fresh) {
        this.fresh = fresh;
    }

    /** Takes in the present value of a number; NaN is passed over. */
    void see(String name, double now) {
        if (!Double.isNaN(now)) {
            double before = seen.getOrDefault(name, fresh ? 0 : now);
            grown.merge(name, Math.max(0, now - before), Double::sum);
            seen.put(name, now);
        }
    }

    double of(String name) {
        return grown.getOrDefault(name, 0.0);
    }
}
