package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.actors.report.JsonLines;
import io.espalier.gpu.checkpoint.ModelDirectory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An operator's orders to a student on live text go through the daemon: the command waits for the outcome, the effect
 * is seen where jobs are watched, it is in the audit log, and a name stands for one order, whatever becomes of the
 * daemon.
 */
@Timeout(240)
@Tag("full")
class DaemonOrdersTest {
    private static final int NOT_OF_THIS_STATE = 4;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    static Path directory;

    private static TinyWorld world;
    private static ContinualJob job;
    private static DaemonProcess daemon;

    @BeforeAll
    static void start() throws Exception {
        world = TinyWorld.create(directory.resolve("world"));
        job = ContinualJob.ofStream(directory, world);
        daemon = DaemonProcess.start(directory.resolve("state"));
        job.submit(daemon);
        job.awaitLearning(daemon);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (daemon != null) {
            try (DaemonProcess last = daemon) {
                assertThat(last.terminate()).as(last.output()).isZero();
            }
        }
    }

    /** Has the daemon do something by its command, and requires that it is done and audited. */
    private static JsonNode done(String action, String... command) {
        JsonNode operation = daemon.ask(command);
        assertThat(operation.path("state").asText()).as(operation.toString()).isEqualTo("COMPLETED");
        String id = operation.path("operationId").asText();
        assertThat(JsonLines.read(daemon.state().resolve("audit.jsonl")))
                .filteredOn(line -> line.path("operation").asText().equals(id))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.path("action").asText()).isEqualTo(action);
                    assertThat(line.path("status").asInt()).isEqualTo(202);
                });
        assertThat(outcomes(id))
                .as("told by the student")
                .singleElement()
                .satisfies(event -> assertThat(event.path("kind").asText()).isEqualTo("order_done"));
        return operation.path("result");
    }

    private static List<JsonNode> events() {
        return daemon.get("/v1/jobs/" + job.id() + "/events?limit=1000")
                .path("events")
                .valueStream()
                .toList();
    }

    private static List<JsonNode> outcomes(String operation) {
        return events().stream()
                .filter(event -> event.path("operation").asText().equals(operation))
                .toList();
    }

    private static List<JsonNode> events(String kind, String field, String value) {
        return events().stream()
                .filter(event -> event.path("kind").asText().equals(kind)
                        && event.path(field).asText().equals(value))
                .toList();
    }

    @Test
    void theLearningRateAndTheShareOfReplayAreChangedWhileItLearns() throws Exception {
        long step = done("tuneJob", "job", "tune", job.id(), "--learning-rate", "1.25e-3", "--replay-share", "0.25")
                .path("step")
                .asLong();
        daemon.awaitJob(
                job.id(),
                told -> told.path("learning_rate").asDouble() == 1.25e-3
                        && told.path("replay_share").asDouble() == 0.25
                        && told.path("step").asLong() > step);
        assertThat(events("learning_rate", "learning_rate", "0.00125")).hasSize(1);
        assertThat(events("replay_share", "replay_share", "0.25")).hasSize(1);
        assertThat(daemon.run("job", "tune", job.id(), "--learning-rate", "7").exitCode())
                .as("no rate")
                .isEqualTo(5);
    }

    @Test
    void aCheckpointIsCommittedWhenItIsAskedFor() throws Exception {
        long step = done("createCheckpoint", "job", "checkpoint", job.id())
                .path("step")
                .asLong();
        daemon.awaitJob(job.id(), told -> told.path("committed_step").asLong() >= step);
        daemon.await(
                "the ledger",
                () -> daemon.ask("job", "ledger", job.id())
                        .path("ledger")
                        .valueStream()
                        .anyMatch(entry -> entry.path("step").asLong() == step));
    }

    @Test
    void theStudentGoesBackToAPublishedVersionAndTheTextGoesOn() throws Exception {
        String version = daemon.awaitJob(
                        job.id(), told -> !told.path("published").asText().isEmpty())
                .path("published")
                .asText();
        long step = done("rollBackJob", "job", "rollback", job.id(), "--to", version)
                .path("step")
                .asLong();
        assertThat(events("rolled_back", "version", version))
                .filteredOn(event -> event.path("step").asLong() == step)
                .singleElement()
                .satisfies(event ->
                        assertThat(event.path("restored_step").asLong()).isLessThan(step));
        assertThat(JsonLines.read(job.out().resolve("ledger.jsonl")))
                .filteredOn(entry -> entry.path("step").asLong() == step)
                .singleElement()
                .satisfies(entry -> assertThat(entry.has("restored")).isTrue());
        daemon.awaitJob(job.id(), told -> told.path("step").asLong() > step);
        assertThat(daemon.run("job", "rollback", job.id(), "--to", "v999999").exitCode())
                .as("there is none")
                .isEqualTo(NOT_OF_THIS_STATE);
    }

    @Test
    void theTeacherIsExchangedIfItIsTheOneThatIsNamed() throws Exception {
        String other = world.student().toString();
        String digest = ModelDirectory.digestOf(world.student());
        assertThat(daemon.run("job", "teacher", job.id(), other, "--digest", "0".repeat(64))
                        .exitCode())
                .isEqualTo(NOT_OF_THIS_STATE);
        assertThat(events("teacher_swapped", "digest", digest)).isEmpty();
        long step = done("swapTeacher", "job", "teacher", job.id(), other, "--digest", digest)
                .path("step")
                .asLong();
        assertThat(events("teacher_swapped", "digest", digest)).hasSize(1);
        daemon.awaitJob(
                job.id(),
                told -> told.path("committed_step").asLong() >= step
                        && told.path("step").asLong() > step);
    }

    @Test
    void anOperationIsOneOrderHoweverOftenItIsAskedForAndByWhicheverDaemon() throws Exception {
        assertThat(ask("checkpoints", "once").statusCode()).isEqualTo(202);
        daemon.await("the outcome", () -> state("once").equals("COMPLETED"));
        HttpResponse<String> again = ask("checkpoints", "once");
        assertThat(again.statusCode()).isEqualTo(202);
        assertThat(JSON.readTree(again.body()).path("state").asText()).isEqualTo("COMPLETED");
        assertThat(ask("stop", "once").statusCode())
                .as("the name of another request")
                .isEqualTo(409);
        assertThat(daemon.terminate()).as(daemon.output()).isZero();
        daemon = DaemonProcess.start(daemon.state());
        daemon.awaitJob(job.id(), told -> told.path("state").asText().equals("running"));
        assertThat(ask("checkpoints", "once").statusCode()).isEqualTo(202);
        daemon.await("the outcome", () -> state("once").equals("COMPLETED"));
        done("createCheckpoint", "job", "checkpoint", job.id());
        assertThat(outcomes("once")).hasSize(1);
    }

    private static HttpResponse<String> ask(String what, String operation) throws Exception {
        URI url = daemon.url().resolve("/v1/jobs/" + job.id() + "/" + what);
        HttpRequest request = HttpRequest.newBuilder(url)
                .method(what.equals("stop") ? "PUT" : "POST", HttpRequest.BodyPublishers.noBody())
                .header("Idempotency-Key", operation)
                .header("X-Espalier-Client", "test")
                .header("Authorization", "Bearer " + daemon.token())
                .build();
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    private static String state(String operation) {
        return daemon.get("/v1/operations/" + operation).path("state").asText();
    }
}
