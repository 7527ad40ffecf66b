package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.time.Clock;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The operations that were asked for, with their states. The same request under the same name begins nothing new, so a
 * client may repeat one whose answer it lost. Bounded: finished operations are forgotten first, the oldest of them
 * foremost.
 */
final class Operations {
    /** The states of an operation. */
    private enum State {
        IN_PROGRESS,
        COMPLETED,
        FAILED
    }

    private final JobControl control;
    private final HttpSettings.OperationSettings settings;
    private final Clock clock;
    /** The operations by name, in the order of their beginning. */
    private final Map<String, Operation> operations = new LinkedHashMap<>();

    /** An operation; its state is guarded by the lock of all. */
    private static final class Operation {
        private final JobRequest request;
        private final Instant began;
        /** Completes when it was accepted. */
        private final CompletableFuture<Void> accepted = new CompletableFuture<>();

        private State state = State.IN_PROGRESS;
        private JsonNode result;
        private String code;
        private String detail;

        private Operation(JobRequest request, Instant began) {
            this.request = request;
            this.began = began;
        }
    }

    Operations(JobControl control, HttpSettings.OperationSettings settings, Clock clock) {
        this.control = control;
        this.settings = settings;
        this.clock = clock;
    }

    /**
     * Begins what is asked for, or finds it begun; completes with its state as soon as it is accepted, and as
     * {@link JobControl#begin} fails where it is not: then it may be asked for again.
     */
    CompletionStage<JsonNode> begin(JobRequest request) {
        Operation operation;
        boolean isNew;
        synchronized (this) {
            Operation known = operations.get(request.operation());
            isNew = known == null;
            if (!isNew && !known.request.equals(request)) {
                throw new Refused(
                        Refused.Reason.WRONG_STATE,
                        "operation " + request.operation() + ": is the name of another request");
            }
            if (isNew) {
                makeRoom();
                known = new Operation(request, clock.instant());
                operations.put(request.operation(), known);
            }
            operation = known;
        }
        if (isNew) {
            start(operation);
        }
        return operation.accepted.thenApply(_ -> state(request.operation()));
    }

    private void start(Operation operation) {
        CompletionStage<JobControl.Accepted> begun;
        try {
            begun = control.begin(operation.request);
        } catch (RuntimeException e) {
            begun = CompletableFuture.failedFuture(e);
        }
        begun.whenComplete((accepted, refusal) -> {
            if (refusal != null) {
                forget(operation);
                operation.accepted.completeExceptionally(RequestBody.cause(refusal));
                return;
            }
            accepted.outcome().whenComplete((result, failure) -> finish(operation, result, failure));
            operation.accepted.complete(null);
        });
    }

    private synchronized void forget(Operation operation) {
        operations.remove(operation.request.operation(), operation);
    }

    private synchronized void finish(Operation operation, JsonNode result, Throwable failure) {
        if (operation.state != State.IN_PROGRESS) {
            return;
        }
        operation.state = failure == null ? State.COMPLETED : State.FAILED;
        operation.result = result;
        if (failure != null) {
            Throwable cause = RequestBody.cause(failure);
            operation.code =
                    cause instanceof Refused refused ? Problem.of(refused).code() : "failed";
            operation.detail = String.valueOf(cause.getMessage());
        }
    }

    private void expire(Operation operation) {
        if (operation.state == State.IN_PROGRESS
                && operation.began.plus(settings.deadline()).isBefore(clock.instant())) {
            operation.state = State.FAILED;
            operation.code = "no_outcome";
            operation.detail = "has told no outcome within " + settings.deadline();
        }
    }

    private void makeRoom() {
        operations.values().forEach(this::expire);
        Iterator<Operation> oldest = operations.values().iterator();
        while (operations.size() >= settings.kept() && oldest.hasNext()) {
            if (oldest.next().state != State.IN_PROGRESS) {
                oldest.remove();
            }
        }
        if (operations.size() >= settings.kept()) {
            throw new Refused(Refused.Reason.TRY_AGAIN, operations.size() + " operations are in progress");
        }
    }

    /** The state of an operation; refused where none of the name is remembered. */
    synchronized ObjectNode state(String id) {
        Operation operation = operations.get(id);
        if (operation == null) {
            throw Refused.notFound("operation " + id, "is not known, or no longer");
        }
        expire(operation);
        ObjectNode state = Json.object();
        state.put("operationId", id);
        state.put("state", operation.state.name());
        state.put("began", operation.began.toString());
        if (operation.result != null) {
            state.set("result", operation.result);
        }
        if (operation.code != null) {
            state.put("code", operation.code);
            state.put("detail", operation.detail);
        }
        return state;
    }
}
