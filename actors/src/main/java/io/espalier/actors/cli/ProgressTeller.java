package io.espalier.actors.cli;

import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.teacher.PoolCounts;
import io.espalier.actors.teacher.PoolMonitor;
import io.espalier.gpu.train.StepReport;
import java.util.function.Consumer;

/** Tells how far a run is, once a second and at its end. Used by one thread. */
final class ProgressTeller {
    private static final double SECONDS = 1;

    private final long steps;
    private final PoolMonitor teachers;
    private final Consumer<JobProgress> listener;
    private long since = System.nanoTime();
    private long tokens;
    private double losses;
    private long told;

    ProgressTeller(long steps, PoolMonitor teachers, Consumer<JobProgress> listener) {
        this.steps = steps;
        this.teachers = teachers;
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
            PoolCounts counts = teachers.counts();
            listener.accept(new JobProgress(
                    report.step(), steps, losses / told, tokens / seconds, counts.answered(), counts.askedAgain()));
            since = System.nanoTime();
            tokens = 0;
            losses = 0;
            told = 0;
        }
    }
}
