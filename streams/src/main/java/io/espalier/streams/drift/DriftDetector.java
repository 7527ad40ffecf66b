package io.espalier.streams.drift;

import java.util.Optional;

/** Watches the mean of a stream of numbers. Used by one thread; its memory does not grow with the stream. */
public interface DriftDetector {
    /**
     * A change of the mean.
     *
     * @param before mean of what came before it
     * @param after mean of what has come since
     */
    record Drift(double before, double after) {
        public boolean up() {
            return after > before;
        }
    }

    /**
     * Takes in the next number, which must be finite.
     *
     * @return the change that it shows, if it shows one; what came before the change is then forgotten
     */
    Optional<Drift> add(double value);

    /** Mean of what came since the last change, as far as it is remembered; NaN before the first number. */
    double mean();
}
