package io.espalier.actors.rank;

import io.espalier.actors.rank.RankStatus.State;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** A rank's state as others see it: written by the rank's thread, read by any. Outlives restarts. */
public final class RankMonitor {
    private final AtomicReference<RankStatus> status;

    RankMonitor(String name) {
        this.status = new AtomicReference<>(new RankStatus(name, State.LOADING, 0, 0));
    }

    public RankStatus status() {
        return status.get();
    }

    void loading() {
        move(State.LOADING);
    }

    void ready() {
        move(State.READY);
    }

    void working() {
        move(State.WORKING);
    }

    void failed() {
        move(State.FAILED);
    }

    void answered() {
        update(s -> new RankStatus(s.name(), State.READY, s.answered() + 1, s.restarts()));
    }

    void restarting() {
        update(s -> new RankStatus(s.name(), State.LOADING, s.answered(), s.restarts() + 1));
    }

    void stopped() {
        update(s ->
                s.state() == State.FAILED ? s : new RankStatus(s.name(), State.STOPPED, s.answered(), s.restarts()));
    }

    private void move(State state) {
        update(s -> new RankStatus(s.name(), state, s.answered(), s.restarts()));
    }

    private void update(UnaryOperator<RankStatus> change) {
        status.updateAndGet(change);
    }
}
