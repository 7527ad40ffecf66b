package io.espalier.actors.rank;

import io.espalier.actors.rank.RankStatus.State;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/** A rank's state as others see it: written by the rank's thread, read by any. Outlives restarts. */
public final class RankMonitor {
    private final AtomicReference<RankStatus> status;
    private final LongSupplier nanoClock;
    private final Clock clock;
    /** The call that the rank's thread is in; null where it is in none. */
    private volatile Running running;

    /** Set once; whatever the thread does later, nobody waits for it any more. */
    private volatile boolean hung;

    private record Running(String what, long sinceNanos) {}

    RankMonitor(String name, LongSupplier nanoClock, Clock clock) {
        this.status = new AtomicReference<>(new RankStatus(name, State.LOADING, 0, 0));
        this.nanoClock = nanoClock;
        this.clock = clock;
    }

    public RankStatus status() {
        return status.get();
    }

    void loading() {
        update(s -> s.in(State.LOADING));
    }

    /** A sign of life while loading. */
    void progress(double share) {
        begin("loading");
        update(s -> s.loaded(share));
    }

    void ready() {
        update(s -> s.loaded(1).in(State.READY));
    }

    /** The thread enters a call that may be native. */
    void begin(String what) {
        running = new Running(what, nanoClock.getAsLong());
    }

    /** The thread has come back. */
    void end() {
        running = null;
    }

    void working() {
        update(s -> s.in(State.WORKING));
    }

    void failed(Throwable cause) {
        update(s -> s.failed(String.valueOf(cause.getMessage()), clock.millis()));
    }

    void givenUp() {
        update(s -> s.in(State.FAILED));
    }

    void answered() {
        update(RankStatus::answeredOneMore);
    }

    void restarting() {
        update(RankStatus::restarting);
    }

    void stopped() {
        update(s -> s.state() == State.FAILED ? s : s.in(State.STOPPED));
    }

    /** Looks whether the thread has been in one call for longer than the deadline; gives what is wrong, once, else null. */
    RankHung check(Duration deadline) {
        Running call = running;
        if (hung || call == null || nanoClock.getAsLong() - call.sinceNanos < deadline.toNanos()) {
            return null;
        }
        RankHung failure = new RankHung(status().name(), call.what, deadline);
        failed(failure);
        givenUp();
        hung = true;
        return failure;
    }

    boolean isHung() {
        return hung;
    }

    private void update(UnaryOperator<RankStatus> change) {
        if (!hung) {
            status.updateAndGet(change);
        }
    }
}
