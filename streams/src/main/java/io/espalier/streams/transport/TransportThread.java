package io.espalier.streams.transport;

import io.aeron.Aeron;
import io.aeron.driver.status.SystemCounterDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.agrona.concurrent.status.CountersReader;

/**
 * The one thread on which all links of a process are worked at, in turns, with Aeron's client conductor. It waits for nothing
 * but the next turn. When it ends, it ends every duty; what is started later is refused.
 */
final class TransportThread implements Agent {
    private static final long HOUSEKEEPING_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final Aeron aeron;
    private final Cut cut;
    private final Consumer<Throwable> onLost;
    private final ManyToManyConcurrentArrayQueue<Duty> starting;
    private final List<Duty> duties = new ArrayList<>();
    private volatile TransportCounters.Driver driver = TransportCounters.Driver.NOTHING;
    private volatile boolean closed;
    private volatile boolean closing;
    private volatile Throwable lastError;
    private volatile Thread thread;
    private long lastHousekeeping = System.nanoTime() - HOUSEKEEPING_NANOS;

    /** @param onLost told, at the end of this thread, if nobody asked for that end */
    TransportThread(Aeron aeron, Cut cut, int openingLinks, Consumer<Throwable> onLost) {
        this.aeron = aeron;
        this.cut = cut;
        this.onLost = onLost;
        this.starting = new ManyToManyConcurrentArrayQueue<>(Math.max(2, openingLinks));
    }

    @Override
    public String roleName() {
        return "espalier-transport";
    }

    @Override
    public void onStart() {
        thread = Thread.currentThread();
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

    void closing() {
        closing = true;
    }

    TransportCounters.Driver driver() {
        return driver;
    }

    @Override
    public int doWork() {
        int work = aeron.conductorAgentInvoker().invoke();
        if (aeron.isClosed() || aeron.conductorAgentInvoker().isClosed()) {
            throw new AgentTerminationException();
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
                cause = e;
            }
        }
        duties.remove(index);
        duty.end(cause);
        return 1;
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

    @Override
    public void onClose() {
        closed = true;
        Throwable cause = lost();
        duties.forEach(duty -> duty.end(cause));
        duties.clear();
        endStarting();
        if (!closing) {
            onLost.accept(cause);
        }
    }

    private void endStarting() {
        for (Duty duty = starting.poll(); duty != null; duty = starting.poll()) {
            duty.end(lost());
        }
    }

    private Throwable lost() {
        return new TransportLost(closing ? "transport: closed" : "transport: lost its media driver", lastError);
    }
}
