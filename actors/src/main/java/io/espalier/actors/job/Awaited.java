package io.espalier.actors.job;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Gives what a stage has come to, or the cause of its failure. */
public final class Awaited {
    private Awaited() {}

    /**
     * The stage's result; blocks until there is one. A stage that has failed throws its cause, if that is unchecked.
     */
    public static <T> T of(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** The cause of a stage's failure, without the exceptions that stages wrap it in. */
    public static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null
                ? cause(failure.getCause())
                : failure;
    }
}
