package io.espalier.actors.rank;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.espalier.actors.node.ClusterConfig;
import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.protocol.CoordinatorProtocol.Gone;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.testing.CleanLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A rank's process is started again when it should be, with processes that are not real: the limit counts failures
 * without a healthy stretch in between, each end is told once, and no process is left behind.
 */
@Timeout(60)
class RankProcessTest {
    private static final RankPlace PLACE = new RankPlace("r", RankRole.TEACHER, "cpu", 1);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(2);
    private static final Duration HEALTHY = Duration.ofSeconds(60);
    private static final int MAX_RESTARTS = 2;
    private static final int LIMIT_MIB = 10;

    private static ActorTestKit kit;

    private final List<FakeChild> children = new CopyOnWriteArrayList<>();
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong incarnations = new AtomicLong();
    private final List<ProcessStatus> givenUp = new CopyOnWriteArrayList<>();
    private final AtomicReference<ProcessStatus> status = new AtomicReference<>(ProcessStatus.of("r"));
    private final TestProbe<CoordinatorProtocol.Command> coordinator = kit.createTestProbe();
    private volatile String launchFailure;
    private Duration reviveAfter = Duration.ofHours(1);

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create(
                ClusterConfig.SYSTEM,
                ClusterConfig.of(NodeSettings.of(ConfigFactory.parseString("espalier.node.name = n"))));
        Cluster cluster = Cluster.get(kit.system());
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    /** Lives until it is told how it ended. */
    private static final class FakeChild implements RankChild {
        final CompletableFuture<Integer> exit = new CompletableFuture<>();
        volatile boolean terminated;
        volatile long resident;

        @Override
        public long pid() {
            return 1;
        }

        @Override
        public CompletionStage<Integer> onExit() {
            return exit;
        }

        @Override
        public void terminate() {
            terminated = true;
        }

        @Override
        public void kill() {
            exit.complete(137);
        }

        @Override
        public long residentBytes() {
            return resident;
        }

        @Override
        public String lastLines() {
            return "last words";
        }
    }

    private RankChild launch(RankPlace place, long incarnation) {
        if (launchFailure != null) {
            throw new UncheckedIOException(new IOException(launchFailure));
        }
        FakeChild child = new FakeChild();
        children.add(child);
        return child;
    }

    private ActorRef<RankProcess.Command> spawn() {
        RankProcessSettings settings = new RankProcessSettings(
                64,
                List.of(),
                LIMIT_MIB,
                Duration.ofMillis(2),
                Duration.ofMillis(10),
                MAX_RESTARTS,
                reviveAfter,
                HEALTHY,
                Duration.ofMillis(50),
                Duration.ofMillis(5),
                1);
        return kit.spawn(RankProcess.create(
                new RankProcess.Setup(
                        PLACE,
                        settings,
                        this::launch,
                        coordinator.getRef(),
                        incarnations::incrementAndGet,
                        nanos::get,
                        givenUp::add),
                status));
    }

    private FakeChild child(int number) {
        await(() -> children.size() >= number);
        return children.get(number - 1);
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private void expectGone(long incarnation, String cause) {
        assertThat(coordinator.receiveMessage()).isEqualTo(new Gone("r", incarnation, cause));
    }

    @Test
    void restartsWithoutAHealthyStretchAreLimited() {
        CleanLog.expect("is given up");
        ActorRef<RankProcess.Command> process = spawn();
        for (int number = 1; number <= MAX_RESTARTS + 1; number++) {
            child(number).exit.complete(134);
            expectGone(number, "signal 6");
        }
        await(() -> givenUp.size() == 1);
        assertThat(givenUp.getFirst().cause()).isEqualTo("signal 6, 3 times in a row");
        assertThat(children).hasSize(MAX_RESTARTS + 1);
        process.tell(RankProcess.Stop.INSTANCE);
        coordinator.expectTerminated(process);
        assertThat(status.get().state()).isEqualTo(ProcessStatus.State.GIVEN_UP);
    }

    @Test
    void aHealthyStretchMakesGoodWhatWasBefore() {
        ActorRef<RankProcess.Command> process = spawn();
        for (int number = 1; number <= 3 * MAX_RESTARTS; number++) {
            FakeChild child = child(number);
            nanos.addAndGet(HEALTHY.toNanos());
            child.exit.complete(1);
            expectGone(number, "exit status 1");
        }
        child(3 * MAX_RESTARTS + 1);
        assertThat(givenUp).isEmpty();
        assertThat(status.get().restarts()).isEqualTo(3 * MAX_RESTARTS);
        kit.stop(process);
        assertThat(children.getLast().exit)
                .as("the process ends with its actor")
                .isDone();
    }

    @Test
    void whatCannotBeIsNotTriedAgain() {
        CleanLog.expect("is given up");
        spawn();
        child(1).exit.complete(78);
        expectGone(1, "exit status 78");
        await(() -> givenUp.size() == 1);
        assertThat(givenUp.getFirst().cause()).isEqualTo("exit status 78: last words");
        assertThat(givenUp.getFirst().restarts()).isZero();
    }

    @Test
    void aRankThatWasGivenUpCanBeStartedAgainAndHasAllItsTriesAnew() {
        CleanLog.expect("is given up");
        ActorRef<RankProcess.Command> process = spawn();
        child(1).exit.complete(78);
        await(() -> givenUp.size() == 1);
        process.tell(RankProcess.Revive.INSTANCE);
        for (int number = 2; number <= MAX_RESTARTS + 1; number++) {
            child(number).exit.complete(1);
        }
        child(MAX_RESTARTS + 2);
        assertThat(givenUp).hasSize(1);
        process.tell(RankProcess.Revive.INSTANCE);
        kit.stop(process);
        assertThat(children).as("one that runs is not started again").hasSize(MAX_RESTARTS + 2);
    }

    @Test
    void aRankThatWasGivenUpIsTriedAnewAfterAWhile() {
        CleanLog.expect("is given up");
        reviveAfter = Duration.ofMillis(20);
        ActorRef<RankProcess.Command> process = spawn();
        for (int number = 1; number <= MAX_RESTARTS + 1; number++) {
            child(number).exit.complete(134);
        }
        await(() -> givenUp.size() == 1);
        child(MAX_RESTARTS + 2);
        kit.stop(process);
    }

    @Test
    void aHungRankIsReplaced() {
        ActorRef<RankProcess.Command> process = spawn();
        child(1).exit.complete(RankExit.HUNG.status());
        expectGone(1, "exit status 70 (hung)");
        child(2);
        kit.stop(process);
    }

    @Test
    void aProcessThatCannotBeStartedIsTriedAgain() {
        launchFailure = "no such file";
        ActorRef<RankProcess.Command> process = spawn();
        await(() -> status.get().cause().equals("cannot be started: java.io.IOException: no such file"));
        launchFailure = null;
        child(1);
        kit.stop(process);
    }

    @Test
    void aProcessBeyondItsMemoryIsKilled() {
        ActorRef<RankProcess.Command> process = spawn();
        child(1).resident = (LIMIT_MIB + 1L) << 20;
        expectGone(1, "holds 11 MiB, and may hold 10");
        child(2);
        kit.stop(process);
    }

    @Test
    void aProcessThatDoesNotEndWhenAskedIsKilled() {
        ActorRef<RankProcess.Command> process = spawn();
        FakeChild child = child(1);
        process.tell(RankProcess.Stop.INSTANCE);
        await(() -> child.terminated);
        coordinator.expectTerminated(process);
        assertThat(child.exit).isCompletedWithValue(137);
        assertThat(status.get().state()).isEqualTo(ProcessStatus.State.STOPPED);
    }
}
