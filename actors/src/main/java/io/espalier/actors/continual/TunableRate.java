package io.espalier.actors.continual;

import io.espalier.gpu.train.LearningRate;
import java.util.OptionalDouble;

/** A schedule that an operator may set aside while the run goes on. Thread-safe. */
final class TunableRate implements LearningRate {
    private final LearningRate schedule;
    private volatile OptionalDouble set = OptionalDouble.empty();

    TunableRate(LearningRate schedule) {
        this.schedule = schedule;
    }

    void set(double rate) {
        set = OptionalDouble.of(rate);
    }

    @Override
    public double at(long step) {
        OptionalDouble now = set;
        return now.isPresent() ? now.getAsDouble() : schedule.at(step);
    }
}
