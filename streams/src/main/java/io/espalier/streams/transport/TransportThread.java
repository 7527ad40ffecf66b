package io.espalier.streams.transport;

import io.aeron.Aeron;
import io.aeron.driver.status.SystemCounterDescriptor;
import io.aeron.exceptions.AeronException;
import io.aeron.exceptions.RegistrationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.agrona.concurrent.status.CountersReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread on which all links of a process are worked at, in turns, with Aeron's client conductor. It waits for nothing
 * but the next turn. However it ends, by an Error too, it ends every duty and says so; what is started later is refused.
 */
final class TransportThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TransportThread.class);
    private static final long HOUSEKEEPING_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final Duration LONGEST_TURN = Duration.ofSeconds(10);

    private final Aeron aeron;
    private final Cut cut;
    private final Consumer<Throwable> onLost;
    private final ManyToManyConcurrentArrayQueue<Duty> starting;
    private final List<Duty> duties = new ArrayList<>();
    private volatile TransportCounters.Driver driver = TransportCounters.Driver.NOTHING;
    private volatile boolean closed;
    private volatile boolean closing;
    private volatile Throwable lastError;
    private volatile Throwable lostBy;
    private volatile Thread thread;
    private long lastHousekeeping = System.nanoTime() - HOUSEKEEPING_NANOS;

    /** @param onLost told, at the end of this thread, if nobody asked for that end */
    TransportThread(Aeron aeron, Cut cut, int openingLinks, Consumer<Throwable> onLost) {
        this.aeron = aeron;
        this.cut = cut;
        this.onLost = onLost;
        this.starting = new ManyToManyConcurrentArrayQueue<>(Math.max(2, openingLinks));
    }

    void start(IdleStrategy rest) {
        thread = Thread.ofPlatform().daemon().name("espalier-transport").start(() -> run(rest));
    }

    private void run(IdleStrategy rest) {
        try {
            while (!closing && lostBy == null && isConnected()) {
                rest.idle(turn());
            }
        } catch (RuntimeException | Error e) {
            LOG.warn("transport: its thread has ended", e);
            lastError = e;
        } finally {
            end();
        }
    }

    private boolean isConnected() {
        return !aeron.isClosed() && !aeron.conductorAgentInvoker().isClosed();
    }

    /** Ends the thread, as what it needs is no longer there. */
    void lose(Throwable cause) {
        lostBy = cause;
        wake();
    }

    /** Ends the thread's rest, as there is something to do. */
    void wake() {
        LockSupport.unpark(thread);
    }

    /** Begins a duty, or ends it at once if there is no room or the thread is gone. */
    void start(Duty duty) {
        if (closed) {
            duty.end(lost());
        } else if (!starting.offer(duty)) {
            duty.end(new IllegalStateException("transport: too many links are being opened at once"));
        } else if (closed) {
            endStarting();
        } else {
            wake();
        }
    }

    void erred(Throwable error) {
        lastError = error;
    }

    /** Ends the thread, and waits until it has. */
    @Override
    public void close() {
        closing = true;
        wake();
        try {
            if (thread != null && thread != Thread.currentThread() && !thread.join(LONGEST_TURN)) {
                LOG.warn("transport: its thread has not ended in {}", LONGEST_TURN);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    TransportCounters.Driver driver() {
        return driver;
    }

    private int turn() {
        int work = aeron.conductorAgentInvoker().invoke();
        if (!isConnected()) {
            return work;
        }
        long now = System.nanoTime();
        for (Duty duty = starting.poll(); duty != null; duty = starting.poll()) {
            duties.add(duty);
        }
        for (int i = duties.size() - 1; i >= 0; i--) {
            work += turn(i, now);
        }
        if (now - lastHousekeeping > HOUSEKEEPING_NANOS) {
            lastHousekeeping = now;
            cut.look();
            driver = read(aeron.countersReader());
        }
        return work;
    }

    private int turn(int index, long now) {
        Duty duty = duties.get(index);
        Throwable cause = null;
        if (!duty.isStopped()) {
            try {
                return duty.work(now);
            } catch (RuntimeException e) {
                cause = isEnding(e) ? new TransportLost("transport: its client of the media driver ends", e) : e;
            }
        }
        duties.remove(index);
        duty.end(cause);
        return 1;
    }

    /** A client that has lost its driver refuses links for a moment before it ends. */
    private static boolean isEnding(RuntimeException e) {
        return e instanceof AeronException && !(e instanceof RegistrationException);
    }

    private static TransportCounters.Driver read(CountersReader counters) {
        return new TransportCounters.Driver(
                value(counters, SystemCounterDescriptor.BYTES_SENT),
                value(counters, SystemCounterDescriptor.BYTES_RECEIVED),
                value(counters, SystemCounterDescriptor.NAK_MESSAGES_SENT),
                value(counters, SystemCounterDescriptor.NAK_MESSAGES_RECEIVED),
                value(counters, SystemCounterDescriptor.RETRANSMITS_SENT),
                value(counters, SystemCounterDescriptor.SENDER_FLOW_CONTROL_LIMITS),
                value(counters, SystemCounterDescriptor.FLOW_CONTROL_OVER_RUNS),
                value(counters, SystemCounterDescriptor.LOSS_GAP_FILLS),
                value(counters, SystemCounterDescriptor.CLIENT_TIMEOUTS),
                value(counters, SystemCounterDescriptor.ERRORS),
                value(counters, SystemCounterDescriptor.CONDUCTOR_MAX_CYCLE_TIME));
    }

    private static long value(CountersReader counters, SystemCounterDescriptor counter) {
        return counters.getCounterValue(counter.id());
    }

    private void end() {
        closed = true;
        try {
            duties.forEach(this::end);
            duties.clear();
            endStarting();
        } finally {
            if (!closing) {
                onLost.accept(lost());
            }
        }
    }

    /** Ends a duty; one that fails does not keep the others from their end. */
    private void end(Duty duty) {
        try {
            duty.end(lost());
        } catch (RuntimeException | InternalError e) {
            LOG.warn("transport: ending a link: {}", e.toString());
        }
    }

    private void endStarting() {
        for (Duty duty = starting.poll(); duty != null; duty = starting.poll()) {
            end(duty);
        }
    }

    private Throwable lost() {
        return closing
                ? new TransportLost("transport: closed", lastError)
                : new TransportLost("transport: lost its media driver", lostBy == null ? lastError : lostBy);
    }
}
