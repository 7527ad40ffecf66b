package io.espalier.actors.report;

import io.espalier.gpu.cache.CacheCounts;
import io.espalier.gpu.train.StepReport;
import io.espalier.proto.state.TrainingState;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** The sums over the steps since the last line, and over the whole run. Belongs to one thread. */
public final class IntervalTally {
    private final List<String> losses;
    private final long begin;
    private final long start = System.nanoTime();
    private final double[] sums;
    private final LongSupplier besides;

    private long tokens;
    private long skipped;
    private long worked;
    private long intervalTokens;
    private long intervalSteps;

    /**
     * Begins one.
     *
     * @param losses names of the parts of the loss
     * @param begin what was done before, by a run that this one goes on from
     * @param besides nanoseconds so far that went into validations, checkpoints and the like, and not into steps
     */
    public IntervalTally(List<String> losses, TrainingState begin, LongSupplier besides) {
        this.losses = List.copyOf(losses);
        this.begin = begin.getStep();
        this.tokens = begin.getTokens();
        this.skipped = begin.getSkipped();
        this.sums = new double[losses.size()];
        this.besides = besides;
        this.worked = worked(start);
    }

    private long worked(long now) {
        return now - start - besides.getAsLong();
    }

    /** Takes in one micro-batch's report. */
    public void add(StepReport report) {
        tokens += report.targets();
        intervalTokens += report.targets();
        switch (report.outcome()) {
            case ACCUMULATED -> {}
            case STEPPED -> {
                for (int i = 0; i < sums.length; i++) {
                    sums[i] += report.losses().get(i);
                }
                intervalSteps++;
            }
            case SKIPPED -> skipped++;
        }
    }

    /**
     * Ends an interval, and begins the next.
     *
     * @param last of its reports
     * @param steps of the whole run; 0 where it has no end
     * @param teacherCache what it has done, or null where there is none
     */
    public Interval end(StepReport last, long steps, CacheCounts teacherCache) {
        long now = System.nanoTime();
        double elapsed = (now - start) / 1e9;
        Map<String, Double> means = new LinkedHashMap<>();
        for (int i = 0; i < sums.length; i++) {
            means.merge(losses.get(i), sums[i] / intervalSteps, Double::sum);
        }
        Interval interval = new Interval(
                last.step(),
                steps,
                tokens,
                means,
                skipped,
                last.gradNorm(),
                last.learningRate(),
                intervalTokens / ((worked(now) - worked) / 1e9),
                elapsed,
                steps == 0 ? Double.NaN : elapsed / (last.step() - begin) * (steps - last.step()),
                teacherCache);
        worked = worked(now);
        intervalTokens = 0;
        intervalSteps = 0;
        Arrays.fill(sums, 0);
        return interval;
    }

    /** Targets seen, those before this run included. */
    public long tokens() {
        return tokens;
    }

    /** Over the whole of this process, as far as it worked at steps. */
    public double tokensPerSecond(long tokensBefore) {
        return (tokens - tokensBefore) / (worked(System.nanoTime()) / 1e9);
    }

    /** Targets of the interval so far. */
    public long intervalTokens() {
        return intervalTokens;
    }

    /** The line that tells of a global batch that was passed over as non-finite. */
    public static String skipped(StepReport report) {
        return "step " + report.step() + ": loss " + report.loss() + ", gradient norm " + report.gradNorm()
                + ": passed over, see quarantine.jsonl";
    }
}
