package io.espalier.actors.job;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Lets batches through, or makes the next one wait. Thread-safe; open at first. */
public final class Gate {
    private CompletableFuture<Void> open = CompletableFuture.completedFuture(null);

    /** Completes when the next batch may be taken. */
    public synchronized CompletionStage<Void> whenOpen() {
        return open;
    }

    public synchronized void close() {
        if (open.isDone()) {
            open = new CompletableFuture<>();
        }
    }

    public synchronized void open() {
        open.complete(null);
    }
}
