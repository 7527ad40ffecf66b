package io.espalier.actors.http;

import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.protocol.JobSpec;
import java.util.List;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/**
 * The routes by which an operator has something done. Each begins an operation, whose name the client may choose
 * (Idempotency-Key), and answers 202 with the operation's state.
 */
final class OperateRoutes {
    /** Names the operation; the same name and request again begin nothing new. */
    static final String OPERATION = "Idempotency-Key";

    private static final String COMMAND = "[a-z][a-z-]{0,31}";
    private static final String VERSION = "v[0-9]{6,12}";
    private static final String DIGEST = "[0-9a-f]{64}";

    private final Operations operations;

    OperateRoutes(Operations operations) {
        this.operations = operations;
    }

    List<Route> routes() {
        return List.of(
                operate(Route.Verb.POST, "/v1/jobs", Route.Body.JSON, "submitJob", OperateRoutes::submit),
                operate(
                        Route.Verb.PUT,
                        "/v1/jobs/{job}/pause",
                        Route.Body.NONE,
                        "pauseJob",
                        (operation, call) -> new JobRequest.Pause(operation, call.job())),
                operate(
                        Route.Verb.PUT,
                        "/v1/jobs/{job}/resume",
                        Route.Body.NONE,
                        "resumeJob",
                        (operation, call) -> new JobRequest.Resume(operation, call.job())),
                operate(
                        Route.Verb.PUT,
                        "/v1/jobs/{job}/stop",
                        Route.Body.NONE,
                        "stopJob",
                        OperateRoutes::stop,
                        QueryParameter.oneOf("mode", List.of("drain", "now"))),
                operate(
                        Route.Verb.POST,
                        "/v1/jobs/{job}/checkpoints",
                        Route.Body.NONE,
                        "createCheckpoint",
                        (operation, call) -> order(call, new JobOrder.Checkpoint(operation))),
                operate(
                        Route.Verb.POST,
                        "/v1/jobs/{job}/rollback",
                        Route.Body.JSON,
                        "rollBackJob",
                        OperateRoutes::rollBack),
                operate(Route.Verb.POST, "/v1/jobs/{job}/settings", Route.Body.JSON, "tuneJob", OperateRoutes::tune),
                operate(
                        Route.Verb.POST,
                        "/v1/jobs/{job}/teacher",
                        Route.Body.JSON,
                        "swapTeacher",
                        OperateRoutes::swapTeacher),
                operate(
                        Route.Verb.POST,
                        "/v1/ranks/{rank}/restart",
                        Route.Body.NONE,
                        "restartRank",
                        (operation, call) -> new JobRequest.RestartRank(
                                operation, call.path().get("rank"))),
                Route.get(
                        "/v1/operations/{operation}",
                        Access.READ,
                        "getOperation",
                        call -> Replies.json(operations.state(call.path().get("operation")))));
    }

    private Route operate(
            Route.Verb verb,
            String path,
            Route.Body body,
            String name,
            BiFunction<String, Call, JobRequest> request,
            QueryParameter... query) {
        return new Route(
                verb,
                new PathPattern(path),
                Access.OPERATE,
                body,
                name,
                List.of(query),
                call -> begin(request.apply(operation(call), call)));
    }

    private static String operation(Call call) {
        String operation =
                call.header(OPERATION).orElseGet(() -> UUID.randomUUID().toString());
        if (!operation.matches(JobSpec.ID)) {
            throw Problem.invalid(OPERATION, operation, "must match " + JobSpec.ID);
        }
        return operation;
    }

    private CompletionStage<HttpResponse> begin(JobRequest request) {
        return operations
                .begin(request)
                .thenApply(state -> Replies.json(202, state)
                        .addHeader(RawHeader.create("Location", "/v1/operations/" + request.operation())));
    }

    private static JobRequest submit(String operation, Call call) {
        Fields fields = new Fields(call.body());
        JobRequest.Submit submit = new JobRequest.Submit(
                operation,
                fields.text("id", JobSpec.ID),
                fields.text("command", COMMAND),
                fields.object("options"),
                fields.absolute("directory"),
                Submitter.of(call.caller()));
        fields.requireNoOther();
        return submit;
    }

    private static JobRequest stop(String operation, Call call) {
        // A stop loses work only where the request says {@code now}.
        boolean now = call.text("mode").filter("now"::equals).isPresent();
        return new JobRequest.Stop(operation, call.job(), now ? JobRequest.StopMode.NOW : JobRequest.StopMode.DRAIN);
    }

    private static JobRequest order(Call call, JobOrder order) {
        return new JobRequest.Order(call.job(), order, Submitter.of(call.caller()));
    }

    private static JobRequest rollBack(String operation, Call call) {
        Fields fields = new Fields(call.body());
        JobOrder order = new JobOrder.Rollback(operation, fields.text("version", VERSION));
        fields.requireNoOther();
        return order(call, order);
    }

    private static JobRequest tune(String operation, Call call) {
        Fields fields = new Fields(call.body());
        OptionalDouble learningRate = fields.number("learning_rate", 0, 1);
        OptionalDouble replayShare = fields.number("replay_share", 0, 1);
        fields.requireNoOther();
        if (learningRate.isEmpty() && replayShare.isEmpty()) {
            throw Problem.invalid("body", "{}", "must have learning_rate or replay_share");
        }
        return order(call, new JobOrder.Tune(operation, learningRate, replayShare));
    }

    private static JobRequest swapTeacher(String operation, Call call) {
        Fields fields = new Fields(call.body());
        JobOrder order = new JobOrder.SwapTeacher(
                operation,
                fields.absolute("teacher"),
                fields.optionalText("digest", DIGEST).orElse(""));
        fields.requireNoOther();
        return order(call, order);
    }
}
