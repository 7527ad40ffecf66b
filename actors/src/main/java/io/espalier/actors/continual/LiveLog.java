package io.espalier.actors.continual;

import io.espalier.actors.job.Validated;
import io.espalier.actors.report.Interval;
import io.espalier.actors.report.LiveInterval;
import io.espalier.actors.report.MetricsLog;
import io.espalier.gpu.train.StepReport;
import io.espalier.proto.state.TrainingState;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** Follows a run without end: {@code metrics.jsonl}, and a line per interval and validation. One step at a time. */
final class LiveLog implements AutoCloseable {
    private final MetricsLog metrics;
    private final List<String> losses;
    private final long every;
    private final Consumer<String> say;
    private final long start = System.nanoTime();

    private long intervalStart = start;
    private long tokens;
    private long skipped;
    private long intervalTokens;
    private long intervalSteps;
    private double waited;
    private double teacherLoss;
    private double studentKl;
    private final double[] intervalLosses;

    /**
     * One that goes on.
     *
     * @param losses names of the parts of the loss
     * @param every steps between two lines
     * @param say told each line
     */
    LiveLog(Path run, List<String> losses, long every, TrainingState begin, Consumer<String> say) {
        this.metrics = MetricsLog.bounded(run.resolve("metrics.jsonl"), begin.getStep());
        this.losses = List.copyOf(losses);
        this.every = every;
        this.say = say;
        this.tokens = begin.getTokens();
        this.skipped = begin.getSkipped();
        this.intervalLosses = new double[losses.size()];
    }

    /** The student has waited for a batch. */
    void waited(double seconds) {
        waited += seconds;
    }

    /** Takes in a micro-batch. */
    void accept(StepReport report) {
        tokens += report.targets();
        intervalTokens += report.targets();
        teacherLoss += report.targets() * report.observed().teacherLoss();
        studentKl += report.targets() * report.observed().kl();
        switch (report.outcome()) {
            case ACCUMULATED -> {}
            case STEPPED -> {
                for (int i = 0; i < intervalLosses.length; i++) {
                    intervalLosses[i] += report.losses().get(i);
                }
                intervalSteps++;
            }
            case SKIPPED -> {
                skipped++;
                say.accept("step " + report.step() + ": loss " + report.loss() + ", gradient norm " + report.gradNorm()
                        + ": passed over, see quarantine.jsonl");
            }
        }
        if (report.complete() && report.step() % every == 0) {
            endInterval(report);
        }
    }

    private void endInterval(StepReport report) {
        long now = System.nanoTime();
        Map<String, Double> means = new LinkedHashMap<>();
        for (int i = 0; i < intervalLosses.length; i++) {
            means.merge(losses.get(i), intervalLosses[i] / intervalSteps, Double::sum);
        }
        Interval interval = new Interval(
                report.step(),
                0,
                tokens,
                means,
                skipped,
                report.gradNorm(),
                report.learningRate(),
                intervalTokens / ((now - intervalStart) / 1e9),
                (now - start) / 1e9,
                Double.NaN,
                null);
        LiveInterval live = new LiveInterval(waited, teacherLoss / intervalTokens, studentKl / intervalTokens);
        metrics.write(interval, live);
        say.accept(line(interval, live));
        intervalStart = now;
        intervalTokens = 0;
        intervalSteps = 0;
        waited = 0;
        teacherLoss = 0;
        studentKl = 0;
        Arrays.fill(intervalLosses, 0);
    }

    private static String line(Interval interval, LiveInterval live) {
        return String.format(
                Locale.ROOT,
                "step %d  loss %.4f  KL %.4f  teacher's loss %.4f  grad norm %.2f  lr %.1e  %,.0f tokens/s",
                interval.step(),
                interval.loss(),
                live.studentKl(),
                live.teacherLoss(),
                interval.gradNorm(),
                interval.learningRate(),
                interval.tokensPerSecond());
    }

    /** Takes in what a validation found. */
    void accept(Validated found) {
        metrics.write(found);
        say.accept(String.format(
                Locale.ROOT,
                "step %d  held out: KL %.4f  agreement %.1f %%%s",
                found.step(),
                found.all().kl(),
                100 * found.all().top1Agreement(),
                found.best() ? "  best so far" : ""));
    }

    @Override
    public void close() {
        metrics.close();
    }
}
