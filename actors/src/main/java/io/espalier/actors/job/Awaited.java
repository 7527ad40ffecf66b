package io.espalier.actors.job;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** What was waited for. */
public final class Awaited {
    private Awaited() {}

    /** The stage's result; blocks until there is one. Where it has failed throws its cause, if that is unchecked. */
    public static <T> T of(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
