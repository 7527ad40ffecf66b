package io.espalier.actors.report;

import java.util.Locale;

/**
 * What a run did between two lines of its log.
 *
 * @param step optimiser steps taken so far, of {@code steps}
 * @param tokens targets since the start
 * @param loss mean nats per target over the interval
 * @param gradNorm of the last step, before clipping
 * @param learningRate of the last step
 * @param tokensPerSecond over the interval
 * @param elapsedSeconds since the start
 */
public record Interval(
        long step,
        long steps,
        long tokens,
        double loss,
        double gradNorm,
        double learningRate,
        double tokensPerSecond,
        double elapsedSeconds) {
    /** One readable line. */
    public String line() {
        double left = step == 0 ? 0 : elapsedSeconds / step * (steps - step);
        return String.format(
                Locale.ROOT,
                "step %d/%d  loss %.4f  grad norm %.2f  lr %.1e  %,.0f tokens/s  %s left",
                step,
                steps,
                loss,
                gradNorm,
                learningRate,
                tokensPerSecond,
                duration(left));
    }

    /** Seconds as people say them: 42s, 3m05s, 2h10m. */
    static String duration(double seconds) {
        long s = Math.round(seconds);
        return s < 60
                ? s + "s"
                : s < 3600
                        ? String.format(Locale.ROOT, "%dm%02ds", s / 60, s % 60)
                        : String.format(Locale.ROOT, "%dh%02dm", s / 3600, s / 60 % 60);
    }
}
