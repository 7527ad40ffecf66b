package io.espalier.actors.continual;

import io.espalier.actors.job.Validated;
import io.espalier.actors.report.Interval;
import io.espalier.actors.report.IntervalTally;
import io.espalier.actors.report.LiveInterval;
import io.espalier.actors.report.MetricsLog;
import io.espalier.gpu.train.StepReport;
import io.espalier.proto.state.TrainingState;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Follows a run without end: {@code metrics.jsonl}, and a line per interval and validation. One step at a time. */
final class LiveLog implements AutoCloseable {
    private final MetricsLog metrics;
    private final long every;
    private final Consumer<String> say;
    private final IntervalTally tally;

    private double waited;
    private double teacherLoss;
    private double studentKl;

    /**
     * Opens the log of a run that begins anew or goes on.
     *
     * @param losses names of the parts of the loss
     * @param every steps between two lines
     * @param say told each line
     * @param besides nanoseconds so far that went into what is done between steps
     */
    LiveLog(
            Path run,
            List<String> losses,
            long every,
            TrainingState begin,
            Consumer<String> say,
            LongSupplier besides) {
        this.metrics = MetricsLog.bounded(run.resolve("metrics.jsonl"), begin.getStep());
        this.every = every;
        this.say = say;
        this.tally = new IntervalTally(losses, begin, besides);
    }

    /** The student has waited for a batch. */
    void waited(double seconds) {
        waited += seconds;
    }

    /** Takes in a micro-batch. */
    void accept(StepReport report) {
        tally.add(report);
        teacherLoss += report.targets() * report.observed().teacherLoss();
        studentKl += report.targets() * report.observed().kl();
        if (report.outcome() == StepReport.Outcome.SKIPPED) {
            say.accept(IntervalTally.skipped(report));
        }
        if (report.complete() && report.step() % every == 0) {
            endInterval(report);
        }
    }

    private void endInterval(StepReport report) {
        long targets = tally.intervalTokens();
        LiveInterval live = new LiveInterval(waited, teacherLoss / targets, studentKl / targets);
        Interval interval = tally.end(report, 0, null);
        metrics.write(interval, live);
        say.accept(line(interval, live));
        waited = 0;
        teacherLoss = 0;
        studentKl = 0;
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

    /** Takes in the result of a validation. */
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
