package io.espalier.streams.distill;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The things that were made for a stream and that no stage has taken over yet. The stream's end frees those that are
 * left; a thing that arrives after it is freed on arrival. Thread-safe: things arrive on the thread that made them.
 */
public final class Ledger<T> {
    private final Set<T> waiting = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Consumer<T> free;
    private boolean ended;

    /** @param free frees what nobody has taken */
    public Ledger(Consumer<T> free) {
        this.free = free;
    }

    /** Takes note of a thing, which is freed at once where the stream has ended. */
    public synchronized T arrived(T thing) {
        if (ended) {
            free.accept(thing);
        } else {
            waiting.add(thing);
        }
        return thing;
    }

    /** Whether the thing is now the caller's to use and free; false after the end. */
    public synchronized boolean take(T thing) {
        return waiting.remove(thing);
    }

    /** Frees what nobody has taken. */
    public synchronized void end() {
        ended = true;
        waiting.forEach(free);
        waiting.clear();
    }
}
