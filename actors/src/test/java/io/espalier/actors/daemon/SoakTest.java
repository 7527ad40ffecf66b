package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A daemon that is offered ten times the records that its student can take, and looked at all the while, stays as it is: its
 * memory, threads and files do not grow, clients are told to come later, its lag is to be seen, and what it acknowledged is
 * learnt from once. {@code -Despalier.soak=PT1H} keeps it up for an hour.
 */
@Tag("full")
@Timeout(value = 3, unit = TimeUnit.HOURS)
class SoakTest {
    private static final Duration SOAK = Duration.parse(System.getProperty("espalier.soak", "PT1M"));
    private static final int TIMES = 10;
    private static final int AT_ONCE = 100;
    /** The share of the time until caches are filled and everything is loaded. */
    private static final double WARM_UP = 0.3;

    private static final long NATIVE_BYTES = 16L << 20;
    private static final long HEAP_BYTES = 8L << 20;
    private static final int FEW = 4;

    private static final List<String> LOOKED_AT = List.of(
            "/",
            "/metrics",
            "/v1/overview",
            "/v1/actors",
            "/v1/ranks",
            "/v1/jobs/posts",
            "/v1/jobs/posts/series",
            "/v1/jobs/posts/ledger",
            "/v1/jobs/posts/versions",
            "/v1/jobs/posts/checkpoints",
            "/v1/jobs/posts/events");

    private static final String CONFIG = """
        espalier.http.bind.port = 0
        espalier.spool { segment-bytes = 32 KiB, max-bytes = 128 KiB, window = 2000 }
        """;

    private static final String SETTINGS = """
        batch = 1
        seq-length = 32
        log-every = 20
        checkpoint-every = 500
        validate-every = 500
        validate-samples = 4
        live.sources.posts.kind = http
        live.dedupe.window = 2000
        """;

    private static final long SEED = 7;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path directory;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<ProcessUse> uses = new ArrayList<>();
    private final Random random = new Random(SEED);
    private URI daemonUrl;
    private String token;
    private ContinualJob job;
    private long offered;
    private long acknowledged;
    private long refusedRequests;
    private double longestLag;

    @Test
    void aDaemonThatIsOfferedTenTimesWhatItCanTakeStaysAsItIs() throws Exception {
        assumeTrue(ProcessUse.known(), "there is no /proc that tells what a process uses");
        Path config = Files.writeString(directory.resolve("daemon.conf"), CONFIG);
        try (DaemonProcess daemon = DaemonProcess.start(
                directory.resolve("state"),
                List.of("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch"),
                "--config",
                config.toString())) {
            daemonUrl = daemon.url();
            token = daemon.token();
            job = ContinualJob.write(
                    directory, PostedRecords.SOURCE, TinyWorld.create(directory.resolve("world")), SETTINGS);
            job.submit(daemon);
            daemon.await("the student takes records", () -> {
                offer();
                return job.taken() > AT_ONCE;
            });
            long before;
            long after;
            try (InputStream events = events()) {
                soak(daemon, SOAK.toNanos() * WARM_UP);
                before = ProcessUse.liveHeap(daemon.pid(), directory);
                uses.clear();
                soak(daemon, SOAK.toNanos() * (1 - WARM_UP));
                after = ProcessUse.liveHeap(daemon.pid(), directory);
                assertThat(events.available()).as("events").isPositive();
            }
            tell(before, after);
            assertThat(after).as("live heap").isLessThan(before + HEAP_BYTES);
            requireFlat();
            assertThat(refusedRequests).as("429").isPositive();
            assertThat(longestLag).as("lag").isGreaterThan(AT_ONCE);
            requireAllIsLearnt(daemon);
        }
    }

    /** A client that reads no more than it must. */
    private InputStream events() throws IOException, InterruptedException {
        HttpResponse<InputStream> answer =
                http.send(request("/v1/events").build(), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    private void soak(DaemonProcess daemon, double nanos) throws Exception {
        long end = System.nanoTime() + (long) nanos;
        while (System.nanoTime() < end) {
            long second = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
            uses.add(ProcessUse.of(daemon.pid()));
            look();
            long taken = job.taken();
            while (offered < TIMES * taken) {
                offer();
            }
            TimeUnit.NANOSECONDS.sleep(second - System.nanoTime());
        }
    }

    /** Looks as an open page does, and as Prometheus does. */
    private void look() throws IOException, InterruptedException {
        for (String path : LOOKED_AT) {
            HttpResponse<String> answer = http.send(request(path).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
            if (path.equals("/metrics")) {
                answer.body()
                        .lines()
                        .filter(line -> line.startsWith("espalier_source_lag_records{"))
                        .mapToDouble(line -> Double.parseDouble(line.replaceFirst(".* ", "")))
                        .forEach(lag -> longestLag = Math.max(longestLag, lag));
            }
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(daemonUrl.resolve(path)).header("Authorization", "Bearer " + token);
    }

    /** Sends records once, whatever comes of it. */
    private void offer() throws IOException, InterruptedException {
        String lines = PostedRecords.lines(offered, AT_ONCE, () -> random.nextInt(50));
        offered += AT_ONCE;
        HttpResponse<String> answer = PostedRecords.post(http, daemonUrl, token, lines);
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 429);
        if (answer.statusCode() == 200) {
            acknowledged += JSON.readTree(answer.body()).path("accepted").asLong();
        } else {
            assertThat(answer.body()).contains("the student is behind");
            assertThat(answer.headers().firstValueAsLong("Retry-After")).isPresent();
            refusedRequests++;
        }
    }

    private void tell(long heapBefore, long heapAfter) {
        System.out.printf(
                Locale.ROOT,
                "soak of %s: %d records offered, %d acknowledged, %d taken, %d requests told to come later, longest"
                        + " lag %d%n",
                SOAK,
                offered,
                acknowledged,
                job.taken(),
                refusedRequests,
                (long) longestLag);
        System.out.printf("live heap: %d KiB, then %d KiB%n", heapBefore >> 10, heapAfter >> 10);
        int parts = 5;
        for (int part = 0; part < parts; part++) {
            List<ProcessUse> some = uses.subList(uses.size() * part / parts, uses.size() * (part + 1) / parts);
            System.out.printf(
                    "part %d of %d: at most %d KiB, %d threads, %d files%n",
                    part + 1,
                    parts,
                    most(some, ProcessUse::residentBytes) >> 10,
                    most(some, ProcessUse::threads),
                    most(some, ProcessUse::files));
        }
    }

    private void requireFlat() {
        List<ProcessUse> early = uses.subList(0, uses.size() / 2);
        List<ProcessUse> late = uses.subList(uses.size() / 2, uses.size());
        assertThat(most(late, ProcessUse::residentBytes))
                .as("resident bytes")
                .isLessThan(most(early, ProcessUse::residentBytes) + NATIVE_BYTES);
        assertThat(most(late, ProcessUse::threads))
                .as("threads")
                .isLessThanOrEqualTo(most(early, ProcessUse::threads) + FEW);
        assertThat(most(late, ProcessUse::files)).as("files").isLessThanOrEqualTo(most(early, ProcessUse::files) + FEW);
    }

    private static long most(List<ProcessUse> some, ToLongFunction<ProcessUse> number) {
        return some.stream().mapToLong(number).max().orElseThrow();
    }

    private void requireAllIsLearnt(DaemonProcess daemon) throws Exception {
        long wanted = acknowledged;
        while (job.taken() < wanted) {
            long before = job.taken();
            daemon.await("more of what was acknowledged is taken", () -> {
                // Records that fill no row yet wait for more.
                if (before >= wanted - AT_ONCE) {
                    offer();
                }
                return job.taken() > before;
            });
        }
        assertThat(daemon.terminate()).as(daemon.output()).isZero();
        assertThat(job.committedRecords(PostedRecords.SOURCE)).isBetween(wanted, acknowledged);
    }
}
