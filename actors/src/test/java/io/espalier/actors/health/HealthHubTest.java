package io.espalier.actors.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.http.ActorQuery;
import io.espalier.actors.http.Health.Standing;
import io.espalier.actors.http.HubEvent;
import io.espalier.actors.node.ClusterConfig;
import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.protocol.DescribedJobs;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.actors.rank.RankStatus;
import io.espalier.gpu.Refused;
import io.espalier.streams.transport.TransportCounters;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The hub shows what others have told and written, says how old that is, and answers whatever hangs. */
@Timeout(120)
class HealthHubTest {
    private static final ActorQuery ALL_ACTORS =
            new ActorQuery(Optional.empty(), Optional.empty(), Optional.empty(), 100);

    @TempDir
    private Path state;

    private final AtomicReference<List<WatchedJob>> jobs = new AtomicReference<>(List.of());
    private final AtomicReference<List<ProcessStatus>> processes = new AtomicReference<>(List.of());
    private final CountDownLatch hang = new CountDownLatch(1);
    private volatile boolean hanging;
    private ActorSystem<Void> system;
    private final Troubles troubles = new Troubles();
    private HealthHub hub;
    private RunFixture run;

    @BeforeEach
    void start() {
        NodeSettings node = NodeSettings.of(ConfigFactory.parseMap(Map.of("espalier.node.name", "test")));
        system = ActorSystem.create(Behaviors.empty(), ClusterConfig.SYSTEM, ClusterConfig.of(node));
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        run = new RunFixture(state.resolve("run"));
        Config config =
                ConfigFactory.parseString("espalier { health.refresh = 50 ms, http.access.operate-token = canary-1,"
                        + " journal.url = \"jdbc:postgresql://user:canary-2@db/x?password=canary-3\" }");
        hub = HealthHub.start(new HealthSources(
                system,
                this::jobs,
                processes::get,
                () -> Optional.of(counters()),
                troubles,
                config,
                state,
                Clock.systemUTC()));
        await(() -> hub.health().ready().stream().noneMatch(check -> check.standing() == Standing.FAILED));
    }

    @Test
    void whatAPartOfTheDaemonCannotDoIsAnAlertAndAnEventUntilItIsOver() {
        troubles.begin("source s1", "takes no records: no space left on the disk");
        await(() -> hub.health().ready().stream()
                .anyMatch(check -> check.reason().equals("source s1 takes no records: no space left on the disk")));
        troubles.begin("source s1", "takes no records: no space left on the disk");
        troubles.over("source s1");
        troubles.over("source s1");
        await(() ->
                hub.health().ready().stream().noneMatch(check -> check.name().equals("trouble")));
        List<String> kinds = hub.events(0, 1000).stream()
                .map(HubEvent::kind)
                .filter(kind -> kind.startsWith("trouble"))
                .toList();
        assertThat(kinds).containsExactly("trouble", "trouble_over");
    }

    @AfterEach
    void stop() throws Exception {
        hang.countDown();
        hub.close();
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private List<WatchedJob> jobs() {
        if (hanging) {
            try {
                hang.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return jobs.get();
    }

    private static TransportCounters counters() {
        return new TransportCounters(
                1,
                2,
                3,
                4,
                0,
                0,
                5,
                0,
                0,
                Map.of(),
                new TransportCounters.Memory(1, 2, 3),
                new TransportCounters.Driver(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private WatchedJob job(JobState jobState, String cause) {
        JobSpec spec = new JobSpec("demo", DescribedJobs.continual("{}", "out"), state, 0, 1);
        JobProgress progress = new JobProgress(42, 0, 2.5, 1000, 0, 0);
        List<RankStatus> ranks = List.of(new RankStatus("test-student-0", RankStatus.State.WORKING, 42, 0));
        return new WatchedJob(spec, new JobView("demo", jobState, 3, 40, progress, ranks, 0, cause, 0), run.run());
    }

    private void runJob() {
        run.interval(41, 2.5, Instant.now());
        run.validation(41, 0.5, Instant.now());
        run.live(42, Instant.now());
        jobs.set(List.of(job(JobState.RUNNING, "")));
        await(() -> hub.overview().path("jobs").size() == 1
                && hub.overview().path("jobs").path(0).path("step").asLong() == 42);
    }

    private JsonNode firstJob() {
        return hub.overview().path("jobs").path(0);
    }

    @Test
    void aRunningJobIsShownWithTheAgeOfWhatIsKnown() {
        runJob();
        assertThat(firstJob().path("state").asText()).isEqualTo("running");
        assertThat(firstJob().path("loss").asDouble()).isEqualTo(2.5);
        assertThat(firstJob().path("heldout_kl").path("tales.txt").asDouble()).isEqualTo(0.5);
        assertThat(firstJob().path("stale").asBoolean()).isFalse();
        assertThat(Instant.parse(hub.overview().path("time").asText()))
                .isAfter(Instant.now().minus(Duration.ofSeconds(20)));
        assertThat(hub.graph("demo").path("nodes")).hasSize(6);
        assertThat(hub.graph("demo").path("nodes").path(2).path("status").asText())
                .isEqualTo("back-pressured");
        assertThat(hub.members().path("members").path(0).path("status").asText())
                .isEqualTo("up");
        assertThat(hub.transport().path("driver").path("naks_sent").asInt()).isEqualTo(3);
        assertThat(hub.actors(ALL_ACTORS).path("actors")).isNotEmpty();
    }

    @Test
    void whatIsOldIsCalledStaleAndRaisesAnAlert() {
        runJob();
        run.live(43, Instant.now().minusSeconds(60));
        await(() -> firstJob().path("stale").asBoolean());
        await(() -> hub.overview().path("state").asText().equals("failing"));
        assertThat(hub.overview().path("alerts").findValuesAsText("code")).contains("data_stale");
        assertThat(hub.health().ready())
                .anySatisfy(check -> assertThat(check.standing()).isEqualTo(Standing.DEGRADED));
        assertThat(hub.health().alive())
                .allSatisfy(check -> assertThat(check.standing()).isEqualTo(Standing.OK));
    }

    @Test
    void aDeadRankIsAnAlertAndAnEventAndIsHealthyAgain() {
        ProcessStatus up = process(ProcessStatus.State.MEMBER, 1, 0, false);
        ProcessStatus dead = process(ProcessStatus.State.WAITING, 1, 1, true);
        processes.set(List.of(up));
        awaitHealth("ok");
        processes.set(List.of(dead));
        await(() -> hub.overview().path("alerts").findValuesAsText("code").contains("rank_dead"));
        assertThat(hub.ranks().path("ranks").path(0).path("cause").asText()).isEqualTo("killed");
        processes.set(List.of(up));
        await(() -> hub.overview().path("alerts").isEmpty());
        assertThat(hub.events(0, 100)).extracting(HubEvent::kind).contains("rank_died", "rank_up");
    }

    private static ProcessStatus process(ProcessStatus.State state, long incarnation, int restarts, boolean died) {
        return new ProcessStatus(
                "test-student-0", state, 7, incarnation, restarts, died, restarts == 0 ? "" : "killed", 1 << 20);
    }

    private void awaitHealth(String health) {
        await(() -> hub.ranks().path("ranks").path(0).path("health").asText().equals(health));
    }

    private long deaths() {
        return hub.events(0, 100).stream()
                .filter(event -> event.kind().equals("rank_died"))
                .count();
    }

    @Test
    void aRankThatDiedBetweenTwoLooksIsDeadUntilAnotherHasTakenItsPlace() {
        processes.set(List.of(process(ProcessStatus.State.MEMBER, 1, 0, false)));
        awaitHealth("ok");
        processes.set(List.of(process(ProcessStatus.State.STARTING, 2, 1, true)));
        awaitHealth("dead");
        assertThat(deaths()).isEqualTo(1);
        processes.set(List.of(process(ProcessStatus.State.MEMBER, 2, 1, true)));
        awaitHealth("ok");
        processes.set(List.of(process(ProcessStatus.State.STARTING, 3, 2, false)));
        awaitHealth("starting");
        assertThat(deaths()).as("an operator's wish is no death").isEqualTo(1);
        processes.set(List.of(process(ProcessStatus.State.MEMBER, 4, 3, true)));
        await(() -> deaths() == 2);
    }

    @Test
    void statesOfJobsAndEventsOfRunsAreOnTheTimeline() {
        runJob();
        run.event("drift", "teacher_loss went up", Instant.now());
        await(() -> hub.jobEvents("demo", 0, 100).path("events").size() == 1);
        jobs.set(List.of(job(JobState.FAILED, "<script>alert(1)</script>")));
        await(() -> hub.jobEvents("demo", 0, 100).path("events").size() == 2);
        // Alerts are put together at the end of the look that told the timeline.
        await(() ->
                hub.overview().path("alerts").path(0).path("message").asText().contains("<script>"));
        assertThatThrownBy(() -> hub.job("nobody"))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Refused.Reason.NOT_FOUND));
    }

    @Test
    void whateverHangsNoAnswerWaitsForIt() {
        runJob();
        hanging = true;
        String frozen = hub.overview().path("time").asText();
        await(() -> hub.health().ready().stream()
                .anyMatch(check -> check.name().equals("snapshots") && check.standing() == Standing.FAILED));
        long begun = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            assertThat(firstJob().path("id").asText()).isEqualTo("demo");
            assertThat(hub.prometheus()).contains("espalier_run_step");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
        assertThat(Instant.parse(hub.overview().path("time").asText()))
                .isBefore(Instant.parse(frozen).plusSeconds(5));
        // A restart of this process would not help: another one hangs.
        assertThat(hub.health().alive())
                .allSatisfy(check -> assertThat(check.standing()).isEqualTo(Standing.OK));
    }

    @Test
    void whatOperatorsDoIsOnTheTimelineAndWhatClientsHandInIsNot() {
        RunFixture audit = new RunFixture(state);
        String line = "{\"caller\":\"operator\",\"action\":\"%s\",\"path\":\"%s\",\"status\":%d}\n";
        audit.append("audit.jsonl", line.formatted("ingestRecords", "/v1/ingest/chat", 200));
        audit.append("audit.jsonl", line.formatted("pauseJob", "/v1/jobs/demo/pause", 202));
        audit.append("audit.jsonl", line.formatted("restartRank", "/v1/ranks/r0/restart", 409));
        await(() -> hub.events(0, 100).stream()
                        .filter(event -> event.kind().equals("operator"))
                        .count()
                == 2);
        List<HubEvent> done = hub.events(0, 100).stream()
                .filter(event -> event.kind().equals("operator"))
                .toList();
        assertThat(done.getFirst().data().path("message").asText()).isEqualTo("operator: pauseJob demo");
        assertThat(done.getFirst().data().path("job").asText()).isEqualTo("demo");
        assertThat(done.getLast().data().path("severity").asText()).isEqualTo("warning");
        assertThat(done.getLast().data().path("rank").asText()).isEqualTo("r0");
    }

    @Test
    void secretsAreInNoAnswer() {
        runJob();
        String all = hub.config().toString() + hub.overview() + hub.prometheus();
        assertThat(all).doesNotContain("canary").contains("espalier.http.access.operate-token");
    }

    @Test
    void aNodeWhoseRanksOfAKindAreAllGivenUpIsNotReady() {
        processes.set(List.of(
                process("n-student-0", ProcessStatus.State.GIVEN_UP),
                process("n-student-1", ProcessStatus.State.MEMBER)));
        await(() -> hub.health().ready().stream().anyMatch(check -> check.name().equals("rank_dead")));
        assertThat(hub.health().ready()).noneMatch(check -> check.standing() == Standing.FAILED);
        processes.set(List.of(
                process("n-student-0", ProcessStatus.State.GIVEN_UP),
                process("n-teacher-0", ProcessStatus.State.MEMBER)));
        await(() -> hub.health().ready().stream()
                .anyMatch(check -> check.name().equals("no_rank") && check.standing() == Standing.FAILED));
        assertThat(hub.health().alive())
                .allSatisfy(check -> assertThat(check.standing()).isEqualTo(Standing.OK));
        processes.set(List.of(process("n-student-0", ProcessStatus.State.MEMBER)));
        await(() -> hub.health().ready().stream().noneMatch(check -> check.standing() == Standing.FAILED));
    }

    private static ProcessStatus process(String rank, ProcessStatus.State state) {
        return new ProcessStatus(rank, state, 7, 1, 0, false, "cause", 0);
    }

    @Test
    void aNodeThatShutsDownIsNotReadyAndAlive() {
        hub.draining();
        assertThat(hub.health().ready())
                .anySatisfy(check -> assertThat(check.standing()).isEqualTo(Standing.FAILED));
        assertThat(hub.health().startup())
                .allSatisfy(check -> assertThat(check.standing()).isEqualTo(Standing.OK));
    }

    @Test
    void metricsAreWellFormedAndEveryNameOfTheBoardAndTheAlertsIsAmongThem() throws Exception {
        processes.set(List.of(process(ProcessStatus.State.MEMBER, 1, 0, false)));
        run.checkpoint(40);
        runJob();
        await(() -> hub.prometheus().contains("espalier_rank_state{"));
        Set<String> names = new HashSet<>();
        Set<String> samples = new HashSet<>();
        for (String line : hub.prometheus().lines().toList()) {
            if (line.startsWith("# TYPE")) {
                assertThat(names.add(line.split(" ", -1)[2])).as(line).isTrue();
            } else if (!line.startsWith("#")) {
                assertThat(line)
                        .matches("[a-z_:][a-z0-9_:]*(\\{([a-z_]+=\"([^\"\\\\]|\\\\.)*\",?)+\\})? -?[0-9.eE+-]+");
                assertThat(samples.add(line.replaceFirst(" [^ ]*$", "")))
                        .as("twice: " + line)
                        .isTrue();
            }
        }
        Set<String> families = new HashSet<>();
        samples.forEach(sample -> families.add(sample.replaceFirst("\\{.*", "")));
        assertThat(MetricNames.inConfig()).isNotEmpty().isSubsetOf(families);
        Set<String> labels = MetricNames.labels(String.join("\n", samples));
        assertThat(labels).as("Prometheus gives these to each target").doesNotContain("job", "instance");
        labels.add("instance");
        assertThat(MetricNames.labelsInConfig())
                .contains("run", "rank", "class")
                .isSubsetOf(labels);
    }
}
