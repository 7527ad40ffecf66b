package io.espalier.actors.job;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Lets batches through, makes the next one wait, or lets none through any more. Closed by whoever runs the job, who may say
 * that it is open as often as they like; and held by the run itself, until they have closed it and opened it again.
 * Thread-safe; open at first.
 */
public final class Gate {
    private CompletableFuture<Boolean> open = CompletableFuture.completedFuture(true);
    private boolean closed;
    private boolean held;
    private boolean ended;

    /** Completes with true when the next batch may be taken, and with false when none may be any more. */
    public synchronized CompletionStage<Boolean> whenOpen() {
        return open;
    }

    public synchronized boolean isOpen() {
        return open.isDone();
    }

    public synchronized void close() {
        closed = true;
        settle();
    }

    public synchronized void open() {
        held &= !closed;
        closed = false;
        settle();
    }

    /** The run stops itself: somebody has to look at it. */
    public synchronized void hold() {
        held = true;
        settle();
    }

    /** It need not be looked at any more. */
    public synchronized void letGo() {
        held = false;
        settle();
    }

    private void settle() {
        boolean shut = closed || held;
        if (!shut) {
            open.complete(true);
        } else if (open.isDone() && !ended) {
            open = new CompletableFuture<>();
        }
    }

    /** Lets none through any more, not even one that waits. */
    public synchronized void end() {
        ended = true;
        if (!open.complete(false)) {
            open = CompletableFuture.completedFuture(false);
        }
    }
}
