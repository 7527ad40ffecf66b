package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.continual.JobLedger;
import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon on a disk that is full for a while, with a job that cannot run, and with a journal that is damaged. */
@Tag("full")
@Timeout(300)
class BadMachineTest {
    private static final String GENERATED = """
        batch = 2
        seq-length = 32
        checkpoint-every = 5
        validate-every = 1000
        validate-samples = 4
        log-every = 5
        live.sources.g { kind = generated, domains = [{ name = w, words = 300 }], records-per-second = 60, record-words = 20 }
        """;
    private static final String POSTED = """
        batch = 2
        seq-length = 32
        checkpoint-every = 10
        validate-every = 1000
        validate-samples = 4
        live.sources.posts.kind = http
        """;

    @TempDir
    Path directory;

    private TinyWorld world;
    private DaemonProcess daemon;
    private Path mounted;
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeEach
    void build() {
        world = TinyWorld.create(directory.resolve("world"));
    }

    @AfterEach
    void close() throws Exception {
        if (daemon != null) {
            daemon.close();
        }
        http.close();
        if (mounted != null) {
            run("umount", "-l", mounted.toString());
        }
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private Path small(String name, int mebibytes) throws Exception {
        Path place = Files.createDirectory(directory.resolve(name));
        int status = run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", place.toString());
        assumeThat(status).as("only root may mount a disk that is small").isZero();
        mounted = place;
        return place;
    }

    /** Takes all room that is left. */
    private static Path fill(Path disk) throws IOException {
        Path filler = disk.resolve("filler");
        byte[] piece = new byte[4096];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(piece);
            }
        } catch (IOException full) {
            return filler;
        }
    }

    @Test
    void aJobWhoseDiskIsFullWaitsSaysSoAndGoesOnByItself() throws Exception {
        Path disk = small("disk", 48);
        daemon = DaemonProcess.start(directory.resolve("state"));
        ContinualJob job = ContinualJob.write(disk, "full", world, GENERATED);
        job.submit(daemon);
        daemon.awaitJob("full", now -> now.path("committed_step").asLong() >= 5);
        Path filler = fill(disk);
        JsonNode waits =
                daemon.awaitJob("full", now -> now.path("cause").asText().startsWith("waits: "));
        assertThat(waits.path("state").asText()).isEqualTo("paused");
        assertThat(waits.path("cause").asText()).containsAnyOf("no space left", "bytes left");
        daemon.await("health says so", () -> daemon.get("/ready").toString().contains("job_waits"));
        TimeUnit.SECONDS.sleep(12);
        long before = daemon.awaitJob("full", _ -> true).path("committed_step").asLong();
        Files.delete(filler);
        JsonNode again = daemon.awaitJob(
                "full",
                now -> now.path("committed_step").asLong() > before
                        && now.path("state").asText().equals("running"));
        assertThat(again.path("restarts").asInt()).isZero();
        assertThat(again.path("cause").asText()).isEmpty();
        assertThat(JobLedger.read(job.out()).faults()).isEmpty();
        for (String name : List.of("events.jsonl", "ledger.jsonl", "metrics.jsonl")) {
            assertThat(Files.readAllLines(job.out().resolve(name))).as(name).allMatch(line -> line.endsWith("}"));
        }
    }

    @Test
    void aSpoolWhoseDiskIsFullRefusesPostsForAWhileAndTakesThemAgain() throws Exception {
        Path disk = small("disk", 8);
        daemon = DaemonProcess.start(disk.resolve("state"), List.of("-Despalier.spool.segment-bytes=256 KiB"));
        ContinualJob.write(directory, "posts", world, POSTED).submit(daemon);
        daemon.await("takes posts", () -> post("{\"text\":\"small\"}").statusCode() == 200);
        Path filler = fill(disk);
        HttpResponse<String> refused = post(("{\"text\":\"" + "word ".repeat(2000) + "\"}\n").repeat(50));
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(refused.body()).contains("no space left");
        Files.delete(filler);
        HttpResponse<String> taken = post("{\"text\":\"small again\"}");
        assertThat(taken.statusCode()).as(taken.body()).isEqualTo(200);
    }

    private HttpResponse<String> post(String lines) throws IOException, InterruptedException {
        return PostedRecords.post(http, daemon.url(), daemon.token(), lines);
    }

    @Test
    void aJobThatCannotRunFailsAndTheNextOneRuns() throws Exception {
        daemon = DaemonProcess.start(directory.resolve("state"));
        Path blocked = Files.createDirectory(directory.resolve("blocked"));
        ContinualJob bad = ContinualJob.write(blocked, "bad", world, GENERATED);
        Files.writeString(bad.out(), "a file where the directory should be");
        ContinualJob good = ContinualJob.write(directory, "good", world, GENERATED);
        daemon.run("job", "submit", bad.recipe().toString(), "--command", "continual", "--timeout", "0");
        good.submit(daemon);
        daemon.awaitJob("good", now -> now.path("committed_step").asLong() >= 5);
        assertThat(daemon.get("/v1/ranks").toString()).doesNotContain("given-up");
    }

    @Test
    void aDamagedJournalIsRefusedByNameAndTheCopyIsTheWayBack() throws Exception {
        Path state = directory.resolve("state");
        daemon = DaemonProcess.start(state);
        ContinualJob.write(directory, "j", world, GENERATED).submit(daemon);
        daemon.awaitJob("j", now -> now.path("committed_step").asLong() >= 5);
        assertThat(daemon.terminate()).isZero();
        try (FileChannel journal = FileChannel.open(state.resolve("journal.db"), StandardOpenOption.WRITE)) {
            journal.truncate(journal.size() / 2);
        }
        assertThat(daemon.run("journal", "check").exitCode()).isEqualTo(78);
        try (DaemonProcess refused = DaemonProcess.launch(state)) {
            assertThat(refused.awaitExit()).isEqualTo(78);
            assertThat(refused.output())
                    .contains("journal.db: the journal is damaged")
                    .contains("journal restore");
        }
        assertThat(daemon.run("journal", "restore").exitCode()).isZero();
        daemon = DaemonProcess.start(state);
        daemon.awaitJob("j", now -> now.path("state").asText().equals("running"));
    }
}
