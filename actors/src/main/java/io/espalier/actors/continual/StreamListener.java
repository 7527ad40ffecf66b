package io.espalier.actors.continual;

import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.live.DeadLetter;
import io.espalier.streams.live.LiveListener;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Makes events of what happens on the live stream; what comes often is told now and then, with how often it came. */
final class StreamListener implements LiveListener {
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Errors of one source that are told within that time. */
    private static final int MOST_AT_ONCE = 20;

    private final EventLog events;
    private final Runnable hold;
    private final LongSupplier step;
    private final AtomicLong untold = new AtomicLong();
    private volatile DeadLetter last;
    private long lettersToldAt = System.nanoTime() - QUIET_NANOS;
    private final Map<String, Told> told = new HashMap<>();
    private final Map<String, Trouble> troubles = new ConcurrentHashMap<>();

    /** The number of errors of a source since a time, as {@link System#nanoTime} has it. */
    private record Told(long since, int count) {}

    /**
     * The reason why a source cannot be read.
     *
     * @param since the time at which the trouble began, as {@link System#nanoTime} has it
     */
    record Trouble(String why, long since) {
        double seconds() {
            return (System.nanoTime() - since) / 1e9;
        }
    }

    /**
     * The listener of a run.
     *
     * @param hold stops the run where too many records are dead
     * @param step that the run is at
     */
    StreamListener(EventLog events, Runnable hold, LongSupplier step) {
        this.events = events;
        this.hold = hold;
        this.step = step;
    }

    @Override
    public void deadLetter(DeadLetter letter) {
        last = letter;
        untold.incrementAndGet();
    }

    @Override
    public void duplicate(Provenance record, String key) {
        // Counted by the stream's positions.
    }

    @Override
    public synchronized void sourceError(String source, String why) {
        Told before = told.get(source);
        if (before == null || System.nanoTime() - before.since() >= QUIET_NANOS) {
            before = new Told(System.nanoTime(), 0);
        }
        told.put(source, new Told(before.since(), before.count() + 1));
        if (before.count() < MOST_AT_ONCE) {
            boolean last = before.count() == MOST_AT_ONCE - 1;
            add(source, why + (last ? " (what else happens to it within some seconds is not told)" : ""));
        }
    }

    @Override
    public void sourceTrouble(String source, String why) {
        if (why == null) {
            troubles.remove(source);
        } else {
            Trouble before = troubles.get(source);
            troubles.put(source, new Trouble(why, before == null ? System.nanoTime() : before.since()));
            sourceError(source, why);
        }
    }

    private void add(String source, String why) {
        events.add(
                EventKind.SOURCE_ERROR,
                step.getAsLong(),
                "source " + source + ": " + why,
                line -> line.put("source", source));
    }

    /** The troubles of the sources that cannot be read at present, or not whole, by the source's name. */
    Map<String, Trouble> troubles() {
        return Map.copyOf(troubles);
    }

    @Override
    public void tooManyDeadLetters(String why) {
        hold.run();
        events.add(
                EventKind.PAUSED_BY_DEAD_LETTERS,
                step.getAsLong(),
                "the run waits until it is paused and resumed: " + why);
    }

    /** Tells the dead letters that have come since it last did, if that was long enough ago. */
    synchronized void tellDeadLetters() {
        long now = System.nanoTime();
        if (untold.get() == 0 || now - lettersToldAt < QUIET_NANOS) {
            return;
        }
        lettersToldAt = now;
        long count = untold.getAndSet(0);
        events.add(
                EventKind.DEAD_LETTERS,
                step.getAsLong(),
                count + " records could not be learnt from, the last one: " + last.reason() + " (" + last.where() + ")",
                line -> line.put("count", count).put("source", last.record().source()));
    }
}
