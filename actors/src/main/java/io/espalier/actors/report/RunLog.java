package io.espalier.actors.report;

import io.espalier.gpu.train.StepReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Follows a run: a bar, a line per interval, {@code metrics.jsonl} and a TensorBoard event file in its directory. Fed by
 * one thread.
 */
public final class RunLog implements AutoCloseable {
    private final Progress progress;
    private final MetricsLog metrics;
    private final EventFile events;
    private final long steps;
    private final long every;
    private final List<Interval> intervals = new ArrayList<>();
    private final long start = System.nanoTime();

    private long intervalStart = start;
    private long intervalTokens;
    private double intervalLoss;
    private long intervalSteps;
    private long tokens;
    private long step;

    /**
     * @param what the bar's name
     * @param directory exists
     * @param steps of the whole run
     * @param every steps between two lines
     */
    public RunLog(String what, Path directory, long steps, long every) {
        this.progress = new Progress(what, steps);
        this.metrics = new MetricsLog(directory.resolve("metrics.jsonl"));
        this.events = new EventFile(directory, System.currentTimeMillis() / 1e3);
        this.steps = steps;
        this.every = every;
    }

    /** Takes in one micro-batch's report. */
    public void accept(StepReport report) {
        tokens += report.targets();
        intervalTokens += report.targets();
        if (report.stepped()) {
            step = report.step();
            intervalLoss += report.loss();
            intervalSteps++;
            if (step % every == 0 || step == steps) {
                endInterval(report);
            }
        }
        progress.at(step);
    }

    private void endInterval(StepReport report) {
        long now = System.nanoTime();
        Interval interval = new Interval(
                step,
                steps,
                tokens,
                intervalLoss / intervalSteps,
                report.gradNorm(),
                report.learningRate(),
                intervalTokens / ((now - intervalStart) / 1e9),
                (now - start) / 1e9);
        intervals.add(interval);
        metrics.write(interval);
        events.write(
                System.currentTimeMillis() / 1e3,
                step,
                Map.of(
                        "train/loss", interval.loss(),
                        "train/grad_norm", interval.gradNorm(),
                        "train/learning_rate", interval.learningRate(),
                        "train/tokens_per_s", interval.tokensPerSecond()));
        progress.line(interval.line());
        intervalStart = now;
        intervalTokens = 0;
        intervalLoss = 0;
        intervalSteps = 0;
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
        return tokens;
    }

    /** Mean nats per target of the last whole interval; NaN before it. */
    public double lastLoss() {
        return intervals.isEmpty() ? Double.NaN : intervals.getLast().loss();
    }

    /** Over the whole run so far. */
    public double tokensPerSecond() {
        return tokens / ((System.nanoTime() - start) / 1e9);
    }

    @Override
    public void close() {
        progress.close();
        metrics.close();
        events.close();
    }
}
