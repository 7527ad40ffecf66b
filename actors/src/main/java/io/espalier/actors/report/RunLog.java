package io.espalier.actors.report;

import io.espalier.actors.job.Validated;
import io.espalier.gpu.cache.CacheCounts;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.train.StepReport;
import io.espalier.proto.state.TrainingState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Follows a run: a bar, a line per interval, {@code metrics.jsonl} and a TensorBoard event file in its directory. Safe
 * for several threads.
 */
public final class RunLog implements AutoCloseable {
    private final Progress progress;
    private final MetricsLog metrics;
    private final EventFile events;
    private final long steps;
    private final long every;
    private final TrainingState begin;
    private final Supplier<CacheCounts> teacherCache;
    private final List<Interval> intervals = new ArrayList<>();
    private final List<Validated> validations = new ArrayList<>();

    private final IntervalTally tally;
    private long step;

    /**
     * @param what the bar's name
     * @param directory exists
     * @param steps of the whole run
     * @param every steps between two lines
     * @param losses names of the parts of the loss
     * @param begin what was done before, by a run that this one goes on from
     * @param teacherCache gives what it has done, or null where there is none
     * @param besides nanoseconds so far that went into validations, checkpoints and the like, and not into steps
     */
    public RunLog(
            String what,
            Path directory,
            long steps,
            long every,
            List<String> losses,
            TrainingState begin,
            Supplier<CacheCounts> teacherCache,
            LongSupplier besides) {
        this.progress = new Progress(what, steps, begin.getStep());
        this.metrics = new MetricsLog(directory.resolve("metrics.jsonl"), begin.getStep());
        this.events = new EventFile(directory, System.currentTimeMillis() / 1e3, begin.getStep());
        this.steps = steps;
        this.every = every;
        this.begin = begin;
        this.teacherCache = teacherCache;
        this.step = begin.getStep();
        this.tally = new IntervalTally(losses, begin, besides);
    }

    /** Says a line above the bar. */
    public synchronized void say(String line) {
        progress.line(line);
    }

    /** Takes in one micro-batch's report. */
    public synchronized void accept(StepReport report) {
        tally.add(report);
        if (report.outcome() == StepReport.Outcome.SKIPPED) {
            progress.line(IntervalTally.skipped(report));
        }
        if (report.complete()) {
            step = report.step();
            if (step % every == 0 || step == steps) {
                endInterval(report);
            }
        }
        progress.at(step);
    }

    /** Takes in what a validation found, between the reports of two steps. */
    public synchronized void accept(Validated found) {
        validations.add(found);
        metrics.write(found);
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars(scalars, "validation", found.all(), found.taught());
        if (found.files().size() > 1) {
            found.files().forEach((name, scores) -> scalars(scalars, "validation/" + name, scores, found.taught()));
        }
        events.write(System.currentTimeMillis() / 1e3, found.step(), scalars);
        progress.line(line(found));
    }

    private static void scalars(Map<String, Double> scalars, String prefix, Scores scores, boolean taught) {
        scalars.put(prefix + "/loss", scores.loss());
        if (taught) {
            scalars.put(prefix + "/kl", scores.kl());
            scalars.put(prefix + "/top1_agreement", scores.top1Agreement());
        }
    }

    private static String line(Validated found) {
        Scores all = found.all();
        String loss = String.format(Locale.ROOT, "step %d  validation: loss %.4f", found.step(), all.loss());
        String taught = String.format(
                Locale.ROOT,
                "  KL %.4f  teacher's loss %.4f  agreement %.1f %%",
                all.kl(),
                all.teacherLoss(),
                100 * all.top1Agreement());
        return loss + (found.taught() ? taught : "") + (found.best() ? "  best so far" : "");
    }

    private void endInterval(StepReport report) {
        Interval interval = tally.end(report, steps, teacherCache.get());
        intervals.add(interval);
        metrics.write(interval);
        events.write(System.currentTimeMillis() / 1e3, step, scalars(interval));
        progress.line(interval.line());
    }

    private static Map<String, Double> scalars(Interval interval) {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("train/loss", interval.loss());
        if (interval.losses().size() > 1) {
            interval.losses().forEach((name, value) -> scalars.put("train/loss/" + name, value));
        }
        scalars.put("train/skipped", (double) interval.skipped());
        scalars.put("train/grad_norm", interval.gradNorm());
        scalars.put("train/learning_rate", interval.learningRate());
        scalars.put("train/tokens_per_s", interval.tokensPerSecond());
        CacheCounts cache = interval.teacherCache();
        if (cache != null && cache.hits() + cache.misses() > 0) {
            scalars.put("train/teacher_cache_hit_rate", cache.hitRate());
        }
        return scalars;
    }

    public List<Validated> validations() {
        return List.copyOf(validations);
    }

    public List<Interval> intervals() {
        return List.copyOf(intervals);
    }

    /** Optimiser steps taken. */
    public long step() {
        return step;
    }

    /** Targets trained on. */
    public long tokens() {
        return tally.tokens();
    }

    /** Mean nats per target of the last interval in which the optimiser moved; NaN before it. */
    public double lastLoss() {
        return intervals.reversed().stream()
                .mapToDouble(Interval::loss)
                .filter(Double::isFinite)
                .findFirst()
                .orElse(Double.NaN);
    }

    /** Over the whole run so far, its validations and checkpoints left out. */
    public double tokensPerSecond() {
        return tally.tokensPerSecond(begin.getTokens());
    }

    @Override
    public void close() {
        progress.close();
        metrics.close();
        events.close();
    }
}
