package io.espalier.actors.meter;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The meter of one actor, which counts as the actor works; readable by any thread without asking the actor. */
final class ActorMeter {
    /** The most characters of a failure's text that are kept, so that one message cannot fill the memory. */
    private static final int LONGEST_TEXT = 500;

    private final String path;
    private volatile String role;
    private volatile ActorReading.State state = ActorReading.State.STARTING;
    private volatile ActorReading.Failure lastFailure;
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong restarts = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Durations processing = new Durations();
    private final Durations inMailbox = new Durations();
    private volatile Class<?> busyWith;
    private volatile long busySince;

    ActorMeter(String path, String role) {
        this.path = path;
        this.role = role;
    }

    void role(String newRole) {
        role = newRole;
    }

    String role() {
        return role;
    }

    void enqueued() {
        waiting.getAndIncrement();
    }

    void dequeued(long waitedNanos) {
        waiting.getAndDecrement();
        inMailbox.record(waitedNanos);
    }

    /** Counts no message as waiting: an actor that has ended takes none from its mailbox. */
    void mailboxClosed() {
        waiting.set(0);
    }

    void begin(Class<?> message, long nowNanos) {
        busySince = nowNanos;
        busyWith = message;
    }

    void end(long tookNanos) {
        busyWith = null;
        processing.record(tookNanos);
    }

    void started() {
        state = ActorReading.State.RUNNING;
    }

    void failed(Throwable cause, Instant at) {
        failures.getAndIncrement();
        String text = "" + cause.getMessage();
        lastFailure = new ActorReading.Failure(
                cause.getClass().getName(),
                text.length() > LONGEST_TEXT ? text.substring(0, LONGEST_TEXT) + "…" : text,
                at);
        state = ActorReading.State.FAILED;
    }

    void restarting() {
        restarts.getAndIncrement();
        state = ActorReading.State.RESTARTING;
    }

    void stopped() {
        if (state != ActorReading.State.FAILED) {
            state = ActorReading.State.STOPPED;
        }
    }

    boolean hasEnded() {
        return state == ActorReading.State.STOPPED || state == ActorReading.State.FAILED;
    }

    void forgetOld() {
        processing.forgetOld();
        inMailbox.forgetOld();
    }

    ActorReading read(long nowNanos) {
        Class<?> message = busyWith;
        return new ActorReading(
                path,
                role,
                state,
                waiting.get(),
                processing,
                inMailbox,
                failures.get(),
                restarts.get(),
                lastFailure,
                message == null ? "" : message.getSimpleName(),
                message == null ? 0 : Math.max(0, nowNanos - busySince) * 1e-9);
    }
}
