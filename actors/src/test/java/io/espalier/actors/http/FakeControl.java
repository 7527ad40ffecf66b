package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** Remembers what it was asked for, and answers as a test says: it accepts all, without an outcome, unless told. */
final class FakeControl implements JobControl {
    final List<JobRequest> begun = new CopyOnWriteArrayList<>();
    /** The outcome of the last request that was accepted. */
    volatile CompletableFuture<JsonNode> outcome = new CompletableFuture<>();

    volatile Function<JobRequest, CompletionStage<Accepted>> answer = this::accept;

    CompletionStage<Accepted> accept(JobRequest request) {
        outcome = new CompletableFuture<>();
        return CompletableFuture.completedFuture(new Accepted(outcome));
    }

    @Override
    public CompletionStage<Accepted> begin(JobRequest request) {
        begun.add(request);
        return answer.apply(request);
    }
}
