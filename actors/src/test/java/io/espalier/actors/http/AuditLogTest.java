package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A request that changes something is in the log with its sender and outcome before the answer goes out; secrets are
 * not.
 */
@Timeout(60)
class AuditLogTest {
    private static final String CANARY = "canary-7f3a";

    @TempDir
    Path directory;

    private List<ObjectNode> lines() throws IOException {
        return Files.readAllLines(directory.resolve("audit.jsonl")).stream()
                .map(line -> Json.parse(line.getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    private static RawRequest pause(RunningServer server, String token, String operation) {
        return server.request("PUT", "/v1/jobs/job-1/pause")
                .token(token)
                .header(Gatekeeper.CLIENT, "test")
                .header("Idempotency-Key", operation);
    }

    @Test
    void eachActionIsWrittenWithWhoAskedAndWhatCameOfIt() throws IOException {
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            pause(server, RunningServer.OPERATE, "one").send();
            server.control.answer = _ ->
                    CompletableFuture.failedFuture(new Refused(Refused.Reason.WRONG_STATE, "job job-1: is paused"));
            pause(server, RunningServer.OPERATE, "two").send();
            // These have nothing done: they are counted, and cannot push the others out of the log.
            pause(server, RunningServer.READ, "three").send();
            server.request("GET", "/v1/jobs").token(RunningServer.OPERATE).send();

            List<ObjectNode> lines = lines();
            assertThat(lines).hasSize(2);
            assertThat(lines.getFirst().path("caller").asText()).isEqualTo("operator");
            assertThat(lines.getFirst().path("client").asText()).isEqualTo("127.0.0.1");
            assertThat(lines.getFirst().path("action").asText()).isEqualTo("pauseJob");
            assertThat(lines.getFirst().path("path").asText()).isEqualTo("/v1/jobs/job-1/pause");
            assertThat(lines)
                    .extracting(line -> line.path("operation").asText())
                    .containsExactly("one", "two");
            assertThat(lines).extracting(line -> line.path("status").asInt()).containsExactly(202, 409);
            assertThat(lines).extracting(line -> line.path("code").asText()).containsExactly("ok", "wrong_state");
            String metrics = server.request("GET", "/metrics")
                    .token(RunningServer.READ)
                    .send()
                    .body();
            assertThat(metrics)
                    .contains("espalier_run_step 7")
                    .contains("espalier_http_requests_total{method=\"PUT\",route=\"/v1/jobs/{job}/pause\",code=\"403\"}"
                            + " 1");
        }
    }

    @Test
    void secretsAreNowhere() throws IOException {
        String body = "{\"id\":\"j\",\"command\":\"continual\",\"directory\":\"/data\",\"options\":{"
                + "\"live\":{\"sources\":{\"k\":{\"kind\":\"kafka\",\"sasl_password\":\"" + CANARY + "\","
                + "\"list\":[{\"api-key\":\"" + CANARY + "\"}],"
                + "\"url\":\"https://user:" + CANARY + "@host/x\"}}},\"note\":\"" + "n".repeat(9000) + "\"}}";
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            RawAnswer answer = server.request("POST", "/v1/jobs")
                    .token(RunningServer.OPERATE)
                    .body("application/json", body)
                    .send();
            assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
            assertThat(answer.body()).doesNotContain(CANARY);
            String line = Files.readString(directory.resolve("audit.jsonl"));
            assertThat(line)
                    .contains("\"kind\":\"kafka\"", "(redacted)", "@host/x")
                    .doesNotContain(CANARY, RunningServer.OPERATE, RunningServer.READ, "n".repeat(300));
            assertThat(server.settings.toString()).doesNotContain(RunningServer.OPERATE, RunningServer.READ);
        }
    }

    @Test
    void theFilesAreTheOwnersAloneAndBounded() throws IOException {
        Path existing = Files.writeString(directory.resolve("audit.jsonl"), "{\"old\":true}\n");
        Files.setPosixFilePermissions(existing, PosixFilePermissions.fromString("rw-r--r--"));
        Map<String, Object> small = Map.of("espalier.http.audit.file-size", "4 KiB", "espalier.http.audit.files", 3);
        try (RunningServer server = RunningServer.open(directory, small)) {
            for (int i = 0; i < 120; i++) {
                pause(server, "none", "operation-" + i).send();
            }
        }
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> logs = files.sorted().toList();
            assertThat(logs)
                    .extracting(file -> file.getFileName().toString())
                    .containsExactly("audit.jsonl", "audit.jsonl.1", "audit.jsonl.2");
            for (Path file : logs) {
                assertThat(Files.size(file)).isLessThanOrEqualTo(4096);
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------");
            }
        }
        assertThat(lines().getLast().path("operation").asText()).isEqualTo("operation-119");
        assertThat(lines().getLast().path("caller").asText()).isEqualTo("loopback");
    }
}
