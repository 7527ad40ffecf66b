package io.espalier.actors.program;

import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.teacher.PoolCounts;
import io.espalier.actors.teacher.PoolMonitor;
import io.espalier.gpu.train.StepReport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Tells how far a run is, once a second and at its end. Used by one thread. */
final class ProgressTeller {
    private static final double SECONDS = 1;

    private final long steps;
    private final PoolMonitor teachers;
    private final LongSupplier besides;
    private final Consumer<JobProgress> listener;
    private long besidesBefore;
    private long since = System.nanoTime();
    private long tokens;
    private double losses;
    private long told;

    /** @param besides nanoseconds so far that went into validations, checkpoints and the like, and not into steps */
    ProgressTeller(long steps, PoolMonitor teachers, LongSupplier besides, Consumer<JobProgress> listener) {
        this.steps = steps;
        this.teachers = teachers;
        this.besides = besides;
        this.listener = listener;
    }

    void accept(StepReport report) {
        tokens += report.targets();
        if (!report.complete()) {
            return;
        }
        losses += report.loss();
        told++;
        double seconds = (System.nanoTime() - since) / 1e9;
        if (seconds >= SECONDS || report.step() == steps) {
            long besidesNow = besides.getAsLong();
            double worked = seconds - (besidesNow - besidesBefore) / 1e9;
            besidesBefore = besidesNow;
            PoolCounts counts = teachers.counts();
            listener.accept(new JobProgress(
                    report.step(), steps, losses / told, tokens / worked, counts.answered(), counts.askedAgain()));
            since = System.nanoTime();
            tokens = 0;
            losses = 0;
            told = 0;
        }
    }
}
