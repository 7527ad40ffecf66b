package io.espalier.actors.bench;

import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.TrainingJob;
import io.espalier.actors.job.TrainingRun;
import io.espalier.actors.rank.RankSettings;
import io.espalier.gpu.train.StepReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A run of a job whose steps are timed. Used by one thread, but for {@link #stop}. */
public final class MeasuredRun implements AutoCloseable {
    private final TrainingRun run;
    private final Span span;
    private final List<Long> times = new ArrayList<>();
    private double kl;

    /**
     * The part of a run that is measured.
     *
     * @param tokens of a step
     * @param warmup steps before those, at least 1
     * @param steps that are measured
     * @param tail steps after them
     */
    record Span(long tokens, int warmup, int steps, int tail) {
        int all() {
            return warmup + steps + tail;
        }
    }

    /** @param place closed with this */
    MeasuredRun(TrainingJob job, RankSettings ranks, RunPlace place, Span span) {
        this.run = new TrainingRun(job, ranks, place);
        this.span = span;
    }

    /**
     * Runs to the end.
     *
     * @param onReport called for each step
     * @return empty where it was stopped before
     */
    public Optional<Speed> measure(Consumer<StepReport> onReport) {
        run.run(report -> {
            times.add(System.nanoTime());
            kl = report.loss();
            onReport.accept(report);
        });
        if (times.size() < span.all()) {
            return Optional.empty();
        }
        double seconds = medianSeconds();
        return Optional.of(new Speed(span.tokens / seconds, seconds * 1e3, kl));
    }

    /** The median of the seconds from one report to the next. */
    private double medianSeconds() {
        double[] seconds = new double[span.steps];
        for (int i = 0; i < span.steps; i++) {
            seconds[i] = (times.get(span.warmup + i) - times.get(span.warmup + i - 1)) / 1e9;
        }
        Arrays.sort(seconds);
        return seconds[span.steps / 2];
    }

    /** Takes no further batch; may come from any thread, at any time. */
    public void stop() {
        run.park();
    }

    /** Stops the ranks that it has in this process, which free their memory. */
    @Override
    public void close() {
        run.close();
    }
}
