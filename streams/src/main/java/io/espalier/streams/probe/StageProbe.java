package io.espalier.streams.probe;

import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Flow;

/**
 * Watches one stage: it is busy while it works on something, otherwise idle while it waits for its input, and otherwise
 * back-pressured. Told by the stream and by whatever threads the work ends on; a few tens of nanoseconds each time.
 */
public final class StageProbe {
    private enum State {
        IDLE,
        BUSY,
        BACK_PRESSURED
    }

    private final String name;
    private final LongSupplier nanoTime;
    private long busy;
    private long idle;
    private long backPressured;
    private State state = State.IDLE;
    private long since;
    private int working;
    private boolean waiting = true;
    private long elements;

    StageProbe(String name, LongSupplier nanoTime) {
        this.name = name;
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    /**
     * Returns a flow to be put before the stage: the stage counts as waiting while this flow has been pulled and has
     * passed nothing on.
     */
    public <T> Flow<T, T, NotUsed> entry() {
        return Flow.fromGraph(new Boundary<>(() -> waits(true), () -> waits(false), () -> waits(true)));
    }

    /**
     * Returns a flow to be put behind a source: the source counts as working while something is wanted of this flow.
     */
    public <T> Flow<T, T, NotUsed> exit() {
        return Flow.fromGraph(new Boundary<>(this::began, this::delivered, this::sourceEnded));
    }

    /** Has the stage work on an element, until the answer is there. */
    public <R> CompletionStage<R> call(Supplier<CompletionStage<R>> work) {
        began();
        try {
            return work.get().whenComplete((_, _) -> ended());
        } catch (RuntimeException e) {
            ended();
            throw e;
        }
    }

    synchronized void waits(boolean newWaiting) {
        waiting = newWaiting;
        settle();
    }

    synchronized void began() {
        working++;
        settle();
    }

    synchronized void ended() {
        working--;
        elements++;
        settle();
    }

    private synchronized void delivered() {
        waiting = false;
        ended();
    }

    private synchronized void sourceEnded() {
        waiting = true;
        working = 0;
        settle();
    }

    private void settle() {
        State next = working > 0 ? State.BUSY : waiting ? State.IDLE : State.BACK_PRESSURED;
        if (next != state) {
            account();
            state = next;
        }
    }

    private void account() {
        long now = nanoTime.getAsLong();
        switch (state) {
            case BUSY -> busy += now - since;
            case IDLE -> idle += now - since;
            case BACK_PRESSURED -> backPressured += now - since;
        }
        since = now;
    }

    /** The time that the stage has spent in each state since the probe was made, nanoseconds. */
    record Totals(long busy, long idle, long backPressured, long elements) {
        static final Totals NOTHING = new Totals(0, 0, 0, 0);
    }

    synchronized Totals totals() {
        account();
        return new Totals(busy, idle, backPressured, elements);
    }

    String name() {
        return name;
    }
}
