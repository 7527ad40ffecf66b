package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records that are posted while the daemon is killed again and again: what was acknowledged is part of the final ledger,
 * once. {@code -Despalier.daemon.kills} says how often.
 */
@Timeout(1200)
class IngestLifeTest {
    private static final long SEED = Long.getLong("espalier.seed", 7);
    private static final int KILLS = Integer.getInteger("espalier.daemon.kills", 2);
    private static final int RECORDS = 200 * (KILLS + 1);
    private static final int AT_ONCE = 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Set<String> acknowledged = new TreeSet<>();
    private DaemonProcess daemon;

    private Path recipe(TinyWorld world) throws IOException {
        return Files.writeString(directory.resolve("posts.conf"), """
                teacher = "%s"
                student = "%s"
                validation = ["%s"]
                out = "%s"
                batch = 2
                seq-length = 32
                threads = 1
                checkpoint-every = 10
                validate-every = 20
                validate-samples = 4
                live.sources.posts.kind = http
                """.formatted(
                        world.teacher(), world.student(), world.heldOut(), directory.resolve("live")));
    }

    @AfterEach
    void close() {
        daemon.close();
    }

    @Test
    void whatWasAcknowledgedIsInTheLedgerOnce() throws Exception {
        TinyWorld world = TinyWorld.create(directory.resolve("world"));
        Path state = directory.resolve("state");
        daemon = DaemonProcess.start(state);
        daemon.ask("job", "submit", recipe(world).toString(), "--command", "continual");
        Path run = directory.resolve("live");
        for (int first = 0; first < RECORDS; first += AT_ONCE) {
            post(first, AT_ONCE);
            if (KILLS > 0 && (first / AT_ONCE) % (RECORDS / AT_ONCE / (KILLS + 1)) == 5) {
                daemon.kill();
                daemon = DaemonProcess.start(state);
            }
        }
        assertThat(acknowledged).as("seed " + SEED).hasSize(RECORDS);
        String order = order();
        int more = 0;
        while (CountedRecords.of(run, "posts") < RECORDS || !isDone(order)) {
            // What fills no row yet waits for more, and so does a student that has nothing to learn.
            post(RECORDS + more, AT_ONCE);
            more += AT_ONCE;
            TimeUnit.MILLISECONDS.sleep(200);
        }
        assertThat(daemon.terminate()).as(daemon.output()).isZero();
        assertThat(CountedRecords.of(run, "posts")).as("seed " + SEED).isBetween((long) RECORDS, (long) RECORDS + more);
    }

    /** Names an order to the student that is there. */
    private String order() throws InterruptedException {
        daemon.awaitJob(
                "posts",
                job -> job.path("state").asText().equals("running")
                        && job.path("live_state").asText().matches("running|waiting"));
        return daemon.ask("job", "checkpoint", "posts", "--timeout", "0")
                .path("operationId")
                .asText();
    }

    private boolean isDone(String operation) throws Exception {
        URI url = DaemonFile.read(daemon.state()).url().resolve("/v1/operations/" + operation);
        HttpResponse<String> answer =
                http.send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString());
        JsonNode state = JSON.readTree(answer.body());
        assertThat(state.path("state").asText()).as(answer.body()).isIn("IN_PROGRESS", "COMPLETED");
        return state.path("state").asText().equals("COMPLETED");
    }

    /** Sends records until they are acknowledged, all with their keys. */
    private void post(int first, int count) throws Exception {
        StringBuilder body = new StringBuilder();
        for (int record = first; record < first + count; record++) {
            body.append("{\"key\":\"r-").append(record).append("\",\"text\":\"the ");
            for (int word = 0; word < 12; word++) {
                body.append(" word").append(random.nextInt(50));
            }
            body.append("\"}\n");
        }
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
        while (!sent(body.toString())) {
            assertThat(System.nanoTime())
                    .as("acknowledged in time\n" + daemon.output())
                    .isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(100);
        }
        for (int record = first; record < first + count; record++) {
            acknowledged.add("r-" + record);
        }
    }

    /** Not while the daemon comes up, nor while the student is behind. */
    private boolean sent(String body) throws InterruptedException {
        try {
            URI url = DaemonFile.read(daemon.state()).url().resolve("/v1/ingest/posts");
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(url)
                            .header("Content-Type", "application/x-ndjson")
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isIn(200, 404, 429, 503);
            return answer.statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }
}
