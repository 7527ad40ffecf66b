package io.espalier.gpu.train;

/** The learning rate of each optimiser step, counted from 0. */
@FunctionalInterface
public interface LearningRate {
    double at(long step);

    /** The curve by which the rate goes from its peak to its minimum. */
    enum Decay {
        /** Half a cosine from the end of warm-up to the last step. */
        COSINE,
        /** A straight line, likewise. */
        LINEAR,
        /** Not at all. */
        CONSTANT,
        /** Warm-up, stable, decay: the peak until the decay begins, then 1 - sqrt (Hägele et al., 2024). */
        WSD
    }

    /**
     * Linear warm-up, then from {@code peak} down to {@code minimum} at the last step.
     *
     * @param warmup steps of warm-up; step i has peak · (i + 1) / warmup
     * @param steps steps of the whole run
     * @param decaySteps steps of the decay of {@link Decay#WSD}
     */
    static LearningRate of(Decay decay, double peak, double minimum, long warmup, long steps, long decaySteps) {
        long from = decay == Decay.WSD ? Math.max(warmup, steps - decaySteps) : warmup;
        long length = Math.max(1, steps - 1 - from);
        return step -> {
            if (step < warmup) {
                return peak * (step + 1) / warmup;
            }
            double done = Math.clamp((double) (step - from) / length, 0, 1);
            return minimum + (peak - minimum) * height(decay, done);
        };
    }

    private static double height(Decay decay, double done) {
        return switch (decay) {
            case COSINE -> 0.5 * (1 + Math.cos(Math.PI * done));
            case LINEAR -> 1 - done;
            case CONSTANT -> 1;
            case WSD -> 1 - Math.sqrt(done);
        };
    }
}
