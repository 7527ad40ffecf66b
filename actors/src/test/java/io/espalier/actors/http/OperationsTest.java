package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.gpu.Refused;
import io.espalier.testing.CleanLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An operator's request reaches the jobs as it was made, once, and can be followed to its end. */
@Timeout(60)
class OperationsTest {
    @TempDir
    Path directory;

    private static final Submitter SUBMITTER = new Submitter("loopback", false);

    private RunningServer server;

    @BeforeEach
    void start() {
        server = RunningServer.open(
                directory, Map.of("espalier.http.operations.kept", 3, "espalier.http.limits.answer-wait", "300 ms"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawRequest put(String path, String operation) {
        return server.request("PUT", path).header(Gatekeeper.CLIENT, "test").header("Idempotency-Key", operation);
    }

    private RawRequest post(String path, String operation, String body) {
        return server.request("POST", path).header("Idempotency-Key", operation).body("application/json", body);
    }

    private String state(String operation) throws IOException {
        RawAnswer answer = server.request("GET", "/v1/operations/" + operation).send();
        return answer.status() == 200 ? answer.json().path("state").asText() : Integer.toString(answer.status());
    }

    @Test
    void eachRouteAsksForWhatItSays() throws IOException {
        String submit = "{\"id\":\"j\",\"command\":\"continual\",\"options\":{\"steps\":3},\"directory\":\"/data\"}";
        List<RawRequest> requests = List.of(
                post("/v1/jobs", "a", submit),
                put("/v1/jobs/j/pause", "b"),
                put("/v1/jobs/j/resume", "c"),
                put("/v1/jobs/j/stop", "d"),
                put("/v1/jobs/j/stop?mode=drain", "e"),
                put("/v1/jobs/j/stop?mode=now", "f"),
                server.request("POST", "/v1/jobs/j/checkpoints")
                        .header(Gatekeeper.CLIENT, "test")
                        .header("Idempotency-Key", "g"),
                post("/v1/jobs/j/rollback", "h", "{\"version\":\"v000012\"}"),
                post("/v1/jobs/j/settings", "i", "{\"replay_share\":0.25}"),
                post("/v1/jobs/j/settings", "k", "{\"learning_rate\":1e-4}"),
                post("/v1/jobs/j/teacher", "l", "{\"teacher\":\"/models/t\"}"),
                server.request("POST", "/v1/ranks/node-student-0/restart")
                        .header(Gatekeeper.CLIENT, "test")
                        .header("Idempotency-Key", "m"));
        for (RawRequest request : requests) {
            RawAnswer answer = request.send();
            assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
            server.control.outcome.complete(Json.object());
        }
        assertThat(server.control.begun)
                .containsExactly(
                        new JobRequest.Submit(
                                "a", "j", "continual", Json.object().put("steps", 3), Path.of("/data"), SUBMITTER),
                        new JobRequest.Pause("b", "j"),
                        new JobRequest.Resume("c", "j"),
                        new JobRequest.Stop("d", "j", JobRequest.StopMode.DRAIN),
                        new JobRequest.Stop("e", "j", JobRequest.StopMode.DRAIN),
                        new JobRequest.Stop("f", "j", JobRequest.StopMode.NOW),
                        new JobRequest.Order("j", new JobOrder.Checkpoint("g"), SUBMITTER),
                        new JobRequest.Order("j", new JobOrder.Rollback("h", "v000012"), SUBMITTER),
                        new JobRequest.Order(
                                "j",
                                new JobOrder.Tune("i", OptionalDouble.empty(), OptionalDouble.of(0.25)),
                                SUBMITTER),
                        new JobRequest.Order(
                                "j",
                                new JobOrder.Tune("k", OptionalDouble.of(1e-4), OptionalDouble.empty()),
                                SUBMITTER),
                        new JobRequest.Order("j", new JobOrder.SwapTeacher("l", Path.of("/models/t"), ""), SUBMITTER),
                        new JobRequest.RestartRank("m", "node-student-0"));
    }

    @Test
    void anOperationIsFollowedToItsEnd() throws IOException {
        RawAnswer answer = put("/v1/jobs/j/pause", "one").send();
        assertThat(answer.headers()).containsEntry("location", "/v1/operations/one");
        assertThat(answer.json().path("operationId").asText()).isEqualTo("one");
        assertThat(state("one")).isEqualTo("IN_PROGRESS");
        server.control.outcome.complete(Json.object().put("step", 7));
        ObjectNode done = server.request("GET", "/v1/operations/one").send().json();
        assertThat(done.path("state").asText()).isEqualTo("COMPLETED");
        assertThat(done.path("result").path("step").asInt()).isEqualTo(7);

        put("/v1/jobs/j/resume", "two").send();
        server.control.outcome.completeExceptionally(
                new Refused(Refused.Reason.WRONG_STATE, "job j: is not paused any more"));
        ObjectNode failed = server.request("GET", "/v1/operations/two").send().json();
        assertThat(failed.path("state").asText()).isEqualTo("FAILED");
        assertThat(failed.path("code").asText()).isEqualTo("wrong_state");
        assertThat(failed.path("detail").asText()).contains("not paused any more");
    }

    @Test
    void theSameNameAndRequestBeginNothingNew() throws IOException {
        put("/v1/jobs/j/pause", "once").send();
        server.control.outcome.complete(Json.object());
        RawAnswer again = put("/v1/jobs/j/pause", "once").send();
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.json().path("state").asText()).isEqualTo("COMPLETED");
        assertThat(server.control.begun).hasSize(1);

        RawAnswer other = put("/v1/jobs/j/resume", "once").send();
        assertThat(other.status()).isEqualTo(409);
        assertThat(server.control.begun).hasSize(1);
    }

    @Test
    void twoAtOnceUnderOneNameBeginOneThing() throws Exception {
        CompletableFuture<JobControl.Accepted> slow = new CompletableFuture<>();
        server.control.answer = _ -> slow;
        List<CompletableFuture<RawAnswer>> answers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            answers.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return put("/v1/jobs/j/pause", "both").send();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
        while (server.control.begun.isEmpty()) {
            assertThat(Thread.currentThread().isInterrupted()).as("out of time").isFalse();
            Thread.onSpinWait();
        }
        slow.complete(new JobControl.Accepted(new CompletableFuture<>()));
        for (CompletableFuture<RawAnswer> answer : answers) {
            assertThat(answer.get().status()).isEqualTo(202);
        }
        assertThat(server.control.begun).hasSize(1);
    }

    @Test
    void aRefusalIsToldByItsStatusAndMayBeTriedAgain() throws IOException {
        Map<Refused.Reason, Integer> statuses = Map.of(
                Refused.Reason.USAGE, 400,
                Refused.Reason.NOT_FOUND, 404,
                Refused.Reason.WRONG_STATE, 409,
                Refused.Reason.VALIDATION, 400,
                Refused.Reason.TRY_AGAIN, 429,
                Refused.Reason.NOT_ALLOWED, 403,
                Refused.Reason.BAD_CONFIGURATION, 422);
        assertThat(statuses).hasSameSizeAs(Refused.Reason.values());
        for (Map.Entry<Refused.Reason, Integer> entry : statuses.entrySet()) {
            server.control.answer = _ -> CompletableFuture.failedFuture(new Refused(entry.getKey(), "job j: says why"));
            RawAnswer answer = put("/v1/jobs/j/pause", "again").send();
            assertThat(answer.status()).as(entry.toString()).isEqualTo(entry.getValue());
            assertThat(answer.json().path("detail").asText()).isEqualTo("job j: says why");
            assertThat(answer.json().path("instance").asText()).isEqualTo("/v1/jobs/j/pause");
        }
        assertThat(state("again")).isEqualTo("404");
        server.control.answer = server.control::accept;
        assertThat(put("/v1/jobs/j/pause", "again").send().status()).isEqualTo(202);
    }

    @Test
    void finishedOperationsMakeRoomAndThoseInProgressAreKept() throws IOException {
        put("/v1/jobs/j/pause", "first").send();
        server.control.outcome.complete(Json.object());
        put("/v1/jobs/j/pause", "second").send();
        put("/v1/jobs/j/pause", "third").send();
        assertThat(put("/v1/jobs/j/pause", "fourth").send().status()).isEqualTo(202);
        assertThat(state("first")).isEqualTo("404");
        assertThat(state("second")).isEqualTo("IN_PROGRESS");
        RawAnswer full = put("/v1/jobs/j/pause", "fifth").send();
        assertThat(full.status()).isEqualTo(429);
        assertThat(full.headers()).containsKey("retry-after");
        assertThat(server.control.begun).hasSize(4);
    }

    @Test
    void whoDoesNotAnswerIsNotWaitedForAndADefectTellsNothing() throws IOException {
        server.control.answer = _ -> new CompletableFuture<>();
        RawAnswer late = put("/v1/jobs/j/pause", "late").send();
        assertThat(late.status()).isEqualTo(503);
        assertThat(late.code()).isEqualTo("no_answer");

        CleanLog.expect("request PUT /v1/jobs/j/pause failed");
        server.control.answer = _ -> {
            throw new IllegalStateException("inner secret");
        };
        RawAnswer broken = put("/v1/jobs/j/pause", "broken").send();
        assertThat(broken.status()).isEqualTo(500);
        assertThat(broken.body()).doesNotContain("inner secret");
    }

    @Test
    void aNameOfAnotherFormIsRefused() throws IOException {
        for (String name : List.of("a b", "../x", "a".repeat(65), "")) {
            assertThat(put("/v1/jobs/j/pause", name).send().status()).as(name).isEqualTo(400);
        }
        assertThat(server.control.begun).isEmpty();
    }
}
