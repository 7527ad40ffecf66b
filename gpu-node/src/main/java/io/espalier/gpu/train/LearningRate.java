package io.espalier.gpu.train;

/** The learning rate of each optimiser step, counted from 0. */
@FunctionalInterface
public interface LearningRate {
    double at(long step);

    /**
     * Linear warm-up, then half a cosine from {@code peak} down to {@code minimum} at the last step.
     *
     * @param warmup steps of warm-up; step i has peak · (i + 1) / warmup
     * @param steps steps of the whole run
     */
    static LearningRate cosine(double peak, double minimum, long warmup, long steps) {
        return step -> {
            if (step < warmup) {
                return peak * (step + 1) / warmup;
            }
            double done = Math.min(1.0, (double) (step - warmup) / Math.max(1, steps - 1 - warmup));
            return minimum + (peak - minimum) * 0.5 * (1 + Math.cos(Math.PI * done));
        };
    }
}
