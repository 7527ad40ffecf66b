package io.espalier.actors.report;

import io.espalier.gpu.cache.CacheCounts;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The results of a run between two lines of its log.
 *
 * @param step optimiser steps taken so far, of {@code steps}
 * @param tokens targets since the start
 * @param losses mean nats per target over the interval of each part of the loss, by its name
 * @param skipped global batches since the start that were passed over as non-finite
 * @param gradNorm of the last step, before clipping
 * @param learningRate of the last step
 * @param tokensPerSecond over the interval, as far as it went into steps
 * @param elapsedSeconds since the start of the process
 * @param secondsLeft as it goes
 * @param teacherCache what it has done since the start of the process; null where there is none
 */
public record Interval(
        long step,
        long steps,
        long tokens,
        Map<String, Double> losses,
        long skipped,
        double gradNorm,
        double learningRate,
        double tokensPerSecond,
        double elapsedSeconds,
        double secondsLeft,
        CacheCounts teacherCache) {
    public Interval {
        losses = Collections.unmodifiableMap(new LinkedHashMap<>(losses));
    }

    /** All parts of the loss together. */
    public double loss() {
        return losses.values().stream().mapToDouble(Double::doubleValue).sum();
    }

    /** Returns the interval as a readable line. */
    public String line() {
        return String.format(
                Locale.ROOT,
                "step %d/%d  loss %.4f%s  grad norm %.2f  lr %.1e  %,.0f tokens/s%s  %s left",
                step,
                steps,
                loss(),
                parts(),
                gradNorm,
                learningRate,
                tokensPerSecond,
                cached(),
                duration(secondsLeft));
    }

    private String parts() {
        return losses.size() < 2
                ? ""
                : losses.entrySet().stream()
                        .map(part -> String.format(Locale.ROOT, "%s %.4f", part.getKey(), part.getValue()))
                        .collect(Collectors.joining(", ", " (", ")"));
    }

    private String cached() {
        return teacherCache == null
                ? ""
                : String.format(
                        Locale.ROOT,
                        "  cached %,d of %,d",
                        teacherCache.hits(),
                        teacherCache.hits() + teacherCache.misses());
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
