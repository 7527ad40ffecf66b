package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.protocol.CoordinatorProtocol.Gone;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.testing.CleanLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node runs its ranks as processes: however one ends, the coordinator is told at once, the cluster lets the member go at
 * once, and another process takes the place, unless it would end the same way. Real processes and signals.
 */
@Tag("full")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class RankProcessesTest {
    private static final int KILLS = Integer.getInteger("espalier.kills", 2);
    private static final Duration BUSY = Duration.ofSeconds(20);
    private static final String RANK = "n-teacher-0";

    @TempDir
    Path directory;

    private final Heard heard = new Heard();
    private final List<ProcessStatus> givenUp = new ArrayList<>();
    private Node node;

    private Node start(Map<String, Object> settings) throws InterruptedException {
        Config config = ConfigFactory.parseMap(settings)
                .withFallback(ConfigFactory.parseMap(Map.of(
                        "espalier.node.name",
                        "n",
                        "espalier.node.state",
                        directory.resolve("state").toString(),
                        "espalier.node.ranks.process",
                        "child",
                        "espalier.node.ranks.teachers",
                        1,
                        "espalier.node.ranks.heap-mib",
                        256,
                        "espalier.node.ranks.check-every",
                        "200 ms")));
        node = Node.start(
                NodeSettings.of(config),
                () -> new NodeParts(
                        GreetingHost::create,
                        List.of(TestPrograms.Rank.class.getName()),
                        heard::coordinator,
                        () -> directory,
                        givenUp::add,
                        () -> {}));
        return node;
    }

    @AfterEach
    void close() {
        if (node != null) {
            List<ProcessStatus> running = node.processes();
            node.close();
            assertThat(running)
                    .as("processes that outlive their node")
                    .noneMatch(status ->
                            status.pid() != 0 && ProcessHandle.of(status.pid()).isPresent());
        }
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith(GreetingHost.PROPERTY))
                .forEach(System::clearProperty);
    }

    private Hello awaitHello() throws InterruptedException {
        return (Hello) heard.await(Hello.class::isInstance).command();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(4);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private boolean isMember(long incarnation) {
        for (Member member : Cluster.get(node.system()).state().getMembers()) {
            if (member.hasRole("incarnation-" + incarnation)) {
                return true;
            }
        }
        return false;
    }

    private ProcessStatus process() {
        return node.processes().getFirst();
    }

    @Test
    void aKilledProcessIsToldOfAtOnceAndReplaced() throws Exception {
        start(Map.of("espalier.node.ranks.max-restarts", KILLS, "espalier.node.ranks.max-backoff", "200 ms"));
        Times detected = new Times("process killed to coordinator told");
        Times removed = new Times("process killed to member removed");
        Times back = new Times("process killed to the next one's hello");
        Times used = new Times("processor time of a process before its hello");
        for (int kill = 0; kill < KILLS; kill++) {
            long incarnation = awaitHello().incarnation();
            await(() -> process().state() == ProcessStatus.State.MEMBER);
            assertThat(process().incarnation()).isEqualTo(incarnation);
            long begin = System.nanoTime();
            Signals.send(process().pid(), Signals.KILL);
            Heard.Message told = heard.await(Gone.class::isInstance);
            assertThat(told.command()).isEqualTo(new Gone(RANK, incarnation, "signal 9"));
            detected.add(told.nanos() - begin);
            Heard.Message next = heard.await(m -> m instanceof Hello hello && hello.incarnation() != incarnation);
            back.add(next.nanos() - begin);
            ProcessHandle.of(process().pid())
                    .flatMap(handle -> handle.info().totalCpuDuration())
                    .ifPresent(cpu -> used.add(cpu.toNanos()));
            await(() -> !isMember(incarnation));
            removed.add(System.nanoTime() - begin);
        }
        assertThat(process().restarts()).isEqualTo(KILLS);
        System.out.println(detected + "\n" + removed + "\n" + back + "\n" + used);
    }

    @Test
    void aStoppedProcessIsLetGoAndReplaced() throws Exception {
        start(Map.of(
                "espalier.node.detection.acceptable-pause", "1500 ms", "espalier.node.detection.stable-after", "1 s"));
        long incarnation = awaitHello().incarnation();
        await(() -> process().state() == ProcessStatus.State.MEMBER);
        long pid = process().pid();
        long begin = System.nanoTime();
        Signals.send(pid, Signals.STOP);
        Heard.Message told = heard.await(Gone.class::isInstance);
        assertThat(told.command()).isEqualTo(new Gone(RANK, incarnation, "the cluster has let it go"));
        System.out.println("process stopped to coordinator told: " + (told.nanos() - begin) / 1_000_000 + " ms");
        assertThat(ProcessHandle.of(pid)).isEmpty();
        heard.await(m -> m instanceof Hello hello && hello.incarnation() != incarnation);
    }

    /** The node has the detection that is shipped. */
    @Test
    void noProcessIsLetGoHoweverBusyAllAre() throws Exception {
        System.setProperty(GreetingHost.PROPERTY + RANK, "burn");
        System.setProperty(GreetingHost.PROPERTY + "n-teacher-1", "burn");
        start(Map.of("espalier.node.ranks.teachers", 2));
        long begin = System.nanoTime();
        Heard.Message last = heard.await(Hello.class::isInstance);
        while (System.nanoTime() - begin < BUSY.toNanos()) {
            last = heard.await(m -> m instanceof Hello || m instanceof Gone);
            assertThat(last.command()).isInstanceOf(Hello.class);
        }
        assertThat(node.processes()).allMatch(status -> status.restarts() == 0);
    }

    @Test
    void aProcessThatIsRefusedIsGivenUpAtOnceWithItsReason() throws Exception {
        CleanLog.expect("is given up");
        System.setProperty(GreetingHost.PROPERTY + RANK, "refuse");
        start(Map.of());
        Gone gone = (Gone) heard.await(Gone.class::isInstance).command();
        assertThat(gone.cause()).isEqualTo("exit status 78");
        await(() -> process().state() == ProcessStatus.State.GIVEN_UP);
        assertThat(process().cause()).contains("there is no such device here");
        assertThat(process().restarts()).isZero();
        await(() -> givenUp.size() == 1);
    }

    @Test
    void aProcessThatAlwaysFailsIsGivenUpAfterItsRestarts() throws Exception {
        CleanLog.expect("is given up");
        System.setProperty(GreetingHost.PROPERTY + RANK, "fail");
        start(Map.of("espalier.node.ranks.max-restarts", 1, "espalier.node.ranks.logs-kept", 1));
        await(() -> process().state() == ProcessStatus.State.GIVEN_UP);
        assertThat(process().cause()).isEqualTo("exit status 1, 2 times in a row");
        try (Stream<Path> logs = Files.list(directory.resolve("state/ranks"))) {
            assertThat(logs.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(RANK + ".log", RANK + ".log.1");
        }
    }

    @Test
    void aProcessBeyondItsMemoryIsReplaced() throws Exception {
        System.setProperty(GreetingHost.PROPERTY + RANK, "eat");
        start(Map.of("espalier.node.ranks.memory-limit-mib", 150));
        Gone gone = (Gone) heard.await(Gone.class::isInstance).command();
        assertThat(gone.cause()).matches("holds \\d+ MiB, and may hold 150");
        await(() -> process().restarts() == 1);
    }
}
