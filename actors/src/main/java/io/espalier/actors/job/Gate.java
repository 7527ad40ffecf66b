package io.espalier.actors.job;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Lets batches through, makes the next one wait, or lets none through any more. Thread-safe; open at first. */
public final class Gate {
    private CompletableFuture<Boolean> open = CompletableFuture.completedFuture(true);
    private boolean ended;

    /** Completes with true when the next batch may be taken, and with false when none may be any more. */
    public synchronized CompletionStage<Boolean> whenOpen() {
        return open;
    }

    public synchronized boolean isOpen() {
        return open.isDone();
    }

    public synchronized void close() {
        if (open.isDone() && !ended) {
            open = new CompletableFuture<>();
        }
    }

    public synchronized void open() {
        open.complete(true);
    }

    /** Lets none through any more, not even one that waits. */
    public synchronized void end() {
        ended = true;
        if (!open.complete(false)) {
            open = CompletableFuture.completedFuture(false);
        }
    }
}
