package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.gpu.Refused;
import io.espalier.testing.CleanLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The server is reached by the right callers, under the right names and as often as they may, and a probe tells each
 * caller what it may know.
 */
@Timeout(60)
class AccessTest {
    @TempDir
    Path directory;

    @Test
    void loopbackThatHasBeenOpenedIsOpenToEverybodyOfTheHost() throws IOException {
        try (RunningServer server = RunningServer.open(directory, Map.of())) {
            RawRequest pause = server.request("PUT", "/v1/jobs/j/pause").header(Gatekeeper.CLIENT, "x");
            assertThat(pause.send().status()).isEqualTo(202);
            assertThat(server.request("GET", "/v1/jobs").send().status()).isEqualTo(200);
            assertThat(pause.header("Origin", "http://evil.test").send().status())
                    .isEqualTo(403);
        }
    }

    @Test
    void withAnOperateTokenAloneReadingTakesThatOne() throws IOException {
        Map<String, Object> values = Map.of(
                "espalier.http.access.operate-token-file",
                RunningServer.tokenFile(directory, "operate", RunningServer.OPERATE));
        try (RunningServer server = RunningServer.usual(directory, values)) {
            RawRequest jobs = server.request("GET", "/v1/jobs");
            assertThat(jobs.send().status()).isEqualTo(401);
            assertThat(jobs.token(RunningServer.OPERATE).send().status()).isEqualTo(200);
            assertThat(jobs.token("wrong-token-of-someone").send().status()).isEqualTo(401);
            RawRequest pause = server.request("PUT", "/v1/jobs/j/pause").header(Gatekeeper.CLIENT, "x");
            RawAnswer refused = pause.send();
            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.headers().get("www-authenticate")).startsWith("Bearer");
            assertThat(pause.header("Authorization", "bearer " + RunningServer.OPERATE)
                            .send()
                            .status())
                    .isEqualTo(202);
        }
    }

    @Test
    void theServerAnswersToItsNamesAndThoseThatAreConfigured() throws IOException {
        Map<String, Object> values = Map.of("espalier.http.access.allowed-hosts", List.of("Espalier.example"));
        try (RunningServer server = RunningServer.open(directory, values)) {
            for (String host : List.of("localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80", "espalier.example")) {
                assertThat(server.request("GET", "/v1/jobs")
                                .header("Host", host)
                                .send()
                                .status())
                        .as(host)
                        .isEqualTo(200);
            }
            assertThat(server.request("GET", "/v1/jobs")
                            .header("Host", "x.espalier.example")
                            .send()
                            .status())
                    .isEqualTo(421);
        }
    }

    @Test
    void aClientThatAsksTooOftenIsToldToWaitAndProbesAreNot() throws IOException {
        Map<String, Object> values =
                Map.of("espalier.http.limits.requests-per-second", 1, "espalier.http.limits.burst", 3);
        try (RunningServer server = RunningServer.open(directory, values)) {
            RawAnswer last = server.request("GET", "/v1/jobs").send();
            int answered = 0;
            while (last.status() == 200) {
                answered++;
                last = server.request("GET", "/v1/jobs").send();
            }
            assertThat(answered).isGreaterThanOrEqualTo(3);
            assertThat(last.status()).isEqualTo(429);
            assertThat(last.headers()).containsEntry("retry-after", "1");
            assertThat(server.request("GET", "/alive").send().status()).isEqualTo(200);
        }
    }

    @Test
    void theRateFillsUpAgainAndForgetsWhoWasSilentLongest() {
        AtomicLong now = new AtomicLong();
        LimitSettings limits = HttpSettings.of(ConfigFactory.parseMap(Map.of(
                        "espalier.http.limits.requests-per-second", 2,
                        "espalier.http.limits.burst", 2,
                        "espalier.http.limits.clients", 2)))
                .limits();
        RateLimiter rates = new RateLimiter(limits, now::get);
        rates.count("a");
        rates.count("a");
        assertThatThrownBy(() -> rates.count("a")).isInstanceOf(Problem.class);
        rates.count("b");
        now.addAndGet(500_000_000);
        rates.count("a");
        assertThatThrownBy(() -> rates.count("a")).isInstanceOf(Problem.class);
        rates.count("b");
        rates.count("c");
        rates.count("a");
    }

    @Test
    void aProbeFailsWithItsChecksAndTellsReasonsToReadersAlone() throws IOException {
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            RawAnswer ready = server.request("GET", "/ready").send();
            assertThat(ready.status()).isEqualTo(200);
            assertThat(ready.json().path("checks").findValuesAsText("state")).containsExactly("ok", "degraded");
            server.snapshots.health = new Health(
                    List.of(FakeSnapshots.check("dispatcher", Health.Standing.OK)),
                    List.of(FakeSnapshots.check("member", Health.Standing.FAILED)),
                    List.of());
            RawAnswer failed = server.request("GET", "/ready")
                    .header("Host", "10.0.0.7:7070")
                    .send();
            assertThat(failed.status()).isEqualTo(503);
            assertThat(failed.body()).contains("member", "failed").doesNotContain("reason of member");
            assertThat(server.request("GET", "/ready")
                            .token(RunningServer.READ)
                            .send()
                            .body())
                    .contains("reason of member", "age_s");
            assertThat(server.request("GET", "/ready")
                            .token(RunningServer.READ)
                            .header("Host", "evil.test")
                            .send()
                            .body())
                    .doesNotContain("reason of member");
            assertThat(server.request("GET", "/alive").send().status()).isEqualTo(200);
            assertThat(server.request("GET", "/startup").send().status()).isEqualTo(200);
        }
    }

    @Test
    void queriesReachTheSnapshotsAndDefaultsAreThoseConfigured() throws IOException {
        try (RunningServer server = RunningServer.open(directory, Map.of("espalier.http.pages.items", 7))) {
            assertThat(asked(server, "/v1/jobs/job-1/series?names=loss,kl&from=2026-01-01T00:00:00Z&points=9"))
                    .isEqualTo("SeriesQuery[names=[loss, kl], from=Optional[2026-01-01T00:00:00Z], to=Optional.empty, "
                            + "maxPoints=9] of job-1");
            assertThat(asked(server, "/v1/jobs/job-1/dead-letters")).isEqualTo("dead letters 7 of job-1");
            assertThat(asked(server, "/v1/jobs/job-1/events?after=12345678901&limit=2"))
                    .isEqualTo("events 12345678901 2 of job-1");
            assertThat(asked(server, "/v1/actors?class=RankWorker&state=failed"))
                    .isEqualTo("ActorQuery[type=Optional[RankWorker], state=Optional[failed], cursor=Optional.empty, "
                            + "limit=7]");
        }
    }

    private static String asked(RunningServer server, String target) throws IOException {
        return server.request("GET", target).send().json().path("asked").asText();
    }

    @Test
    void anAddressThatIsTakenIsRefusedByName() {
        CleanLog.expect("Bind failed for TCP channel");
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "second", EspalierConfig.load());
        try (RunningServer server = RunningServer.open(directory, Map.of())) {
            HttpSettings taken = HttpSettings.of(ConfigFactory.parseMap(
                    Map.of("espalier.http.bind.port", server.address().getPort())));
            HttpService.Ports ports = new HttpService.Ports(server.snapshots, server.control, server.ingest);
            assertThatThrownBy(() -> HttpService.start(system, taken, ports, directory))
                    .isInstanceOfSatisfying(
                            Refused.class,
                            refused -> assertThat(refused.reason().exitCode()).isEqualTo(78))
                    .hasMessageContaining(
                            "espalier.http.bind: 127.0.0.1:" + server.address().getPort());
        } finally {
            system.terminate();
            system.getWhenTerminated().toCompletableFuture().join();
        }
    }
}
