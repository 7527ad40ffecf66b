package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records that are posted while the daemon is killed again and again: what was acknowledged is part of the final ledger,
 * once. {@code -Despalier.daemon.kills} says how often.
 */
@Timeout(1200)
@Tag("full")
class IngestLifeTest {
    private static final long SEED = Long.getLong("espalier.seed", 7);
    private static final int KILLS = Integer.getInteger("espalier.daemon.kills", 2);
    private static final int RECORDS = 200 * (KILLS + 1);
    private static final int AT_ONCE = 20;

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Set<String> acknowledged = new TreeSet<>();
    private DaemonProcess daemon;

    private static final String SETTINGS = """
        batch = 2
        seq-length = 32
        checkpoint-every = 10
        validate-every = 20
        validate-samples = 4
        live.sources.posts.kind = http
        """;

    @AfterEach
    void close() {
        daemon.close();
    }

    @Test
    void whatWasAcknowledgedIsInTheLedgerOnce() throws Exception {
        TinyWorld world = TinyWorld.create(directory.resolve("world"));
        Path state = directory.resolve("state");
        daemon = DaemonProcess.start(state);
        ContinualJob job = ContinualJob.write(directory, "posts", world, SETTINGS);
        job.submit(daemon);
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
        while (job.committedRecords(PostedRecords.SOURCE) < RECORDS || !isDone(order)) {
            // Records that fill no row yet wait for more, and so does a student that has nothing to learn.
            post(RECORDS + more, AT_ONCE);
            more += AT_ONCE;
            TimeUnit.MILLISECONDS.sleep(200);
        }
        assertThat(daemon.terminate()).as(daemon.output()).isZero();
        assertThat(job.committedRecords(PostedRecords.SOURCE))
                .as("seed " + SEED)
                .isBetween((long) RECORDS, (long) RECORDS + more);
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

    private boolean isDone(String operation) {
        JsonNode state = daemon.get("/v1/operations/" + operation);
        assertThat(state.path("state").asText()).as(state.toString()).isIn("IN_PROGRESS", "COMPLETED");
        return state.path("state").asText().equals("COMPLETED");
    }

    /** Sends records until they are acknowledged, all with their keys. */
    private void post(int first, int count) throws Exception {
        String lines = PostedRecords.lines(first, count, () -> random.nextInt(50));
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(5);
        while (!sent(lines)) {
            assertThat(System.nanoTime())
                    .as("acknowledged in time\n" + daemon.output())
                    .isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(100);
        }
        for (int record = first; record < first + count; record++) {
            acknowledged.add(PostedRecords.key(record));
        }
    }

    /** Whether the records were taken, which they are not while the daemon comes up or the student is behind. */
    private boolean sent(String lines) throws InterruptedException {
        try {
            HttpResponse<String> answer = PostedRecords.post(http, daemon.url(), daemon.token(), lines);
            assertThat(answer.statusCode()).as(answer.body()).isIn(200, 404, 429, 503);
            return answer.statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }
}
