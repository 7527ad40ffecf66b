package io.espalier.actors.continual;

import io.espalier.gpu.train.StepReport;

/** The means that the micro-batches of a global batch have shown so far, over their targets, nats. */
final class GlobalBatch {
    private long targets;
    private double teacherLoss;
    private double kl;

    void add(StepReport report) {
        targets += report.targets();
        teacherLoss += report.targets() * report.observed().teacherLoss();
        kl += report.targets() * report.observed().kl();
    }

    /** Whether it has a micro-batch and is not complete. */
    boolean begun() {
        return targets > 0;
    }

    double teacherLoss() {
        return teacherLoss / targets;
    }

    double kl() {
        return kl / targets;
    }

    void clear() {
        targets = 0;
        teacherLoss = 0;
        kl = 0;
    }
}
