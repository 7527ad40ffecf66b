package io.espalier.actors.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.rank.RankStatus.State;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.Teacher;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.testing.CleanLog;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A rank frees what it holds at each restart and at its end, says at any time how it stands without being asked, and one
 * whose thread does not come back fails all that is asked of it.
 */
@Timeout(60)
class RankWorkerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(2);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final int MOST_WAITING = 3;

    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger hung = new AtomicInteger();
    private final CountDownLatch released = new CountDownLatch(1);
    private ActorSystem<RankSupervisor.Command> system;

    @AfterEach
    void stop() throws Exception {
        released.countDown();
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    /** Answers as it is told to, and counts. */
    private final class CountedTeacher implements Teacher {
        private final Runnable onForward;

        private CountedTeacher(Runnable onForward) {
            this.onForward = onForward;
            opened.incrementAndGet();
        }

        @Override
        public TeacherSignal forward(TokenBatch batch) {
            onForward.run();
            return null;
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    private RankLink start(Duration watchdog, RankFactory factory) {
        RankSettings settings = new RankSettings(
                Duration.ofSeconds(30), Duration.ofMillis(5), Duration.ofMillis(20), 2, 3, 2, MOST_WAITING, watchdog);
        system = ActorSystem.create(
                RankSupervisor.create(settings, hung::incrementAndGet), "test", EspalierConfig.load());
        CompletableFuture<RankLink> started = new CompletableFuture<>();
        system.tell(new RankSupervisor.Start("rank", factory, new ComputeTurn(), started));
        return started.join();
    }

    private static CompletableFuture<TeacherSignal> ask(RankLink rank) {
        return rank.ask(reply -> new RankWorker.Forward(null, reply));
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private void block() {
        try {
            released.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aSessionIsClosedAtEachRestartAndAtTheEnd() throws Exception {
        CleanLog.expect("device lost");
        RankLink rank = start(
                LONG,
                _ -> new Session.OfTeacher(new CountedTeacher(() -> {
                    throw new DeviceFailure("device lost", new RuntimeException("test"));
                })));
        assertThatThrownBy(ask(rank)::join).hasRootCauseInstanceOf(RuntimeException.class);
        await(() -> opened.get() == 2 && rank.status().state() == State.READY);
        assertThat(closed).as("after the restart").hasValue(1);
        assertThat(rank.status().restarts()).isEqualTo(1);
        assertThat(rank.status().cause()).isEqualTo("device lost");
        assertThat(rank.status().failedAtMillis()).isPositive();
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
        assertThat(closed).as("after the end").hasValue(2);
    }

    @Test
    void loadingIsToldWhileItGoesOn() {
        RankLink rank = start(LONG, progress -> {
            progress.accept(0.25);
            block();
            return new Session.OfTeacher(new CountedTeacher(() -> {}));
        });
        await(() -> rank.status().progress() > 0);
        assertThat(rank.status().state()).isEqualTo(State.LOADING);
        assertThat(rank.status().progress()).isEqualTo(0.25);
        released.countDown();
        await(() -> rank.status().state() == State.READY);
        assertThat(rank.status().progress()).isEqualTo(1);
    }

    @Test
    void aCallThatDoesNotReturnFailsAllThatIsAskedAndIsSaidOnce() {
        CleanLog.expect("hangs");
        RankLink rank = start(SHORT, _ -> new Session.OfTeacher(new CountedTeacher(this::block)));
        CompletableFuture<TeacherSignal> running = ask(rank);
        CompletableFuture<TeacherSignal> waiting = ask(rank);
        assertThatThrownBy(running::join)
                .hasCauseInstanceOf(RankHung.class)
                .hasMessageContaining("rank rank hangs: Forward has not returned within PT0.2S");
        assertThatThrownBy(waiting::join).hasCauseInstanceOf(RankHung.class);
        assertThatThrownBy(ask(rank)::join).as("asked later").hasCauseInstanceOf(RankHung.class);
        assertThat(rank.status().state()).isEqualTo(State.FAILED);
        assertThat(rank.status().cause()).contains("hangs");
        await(() -> hung.get() > 0);
        released.countDown();
        assertThat(hung).hasValue(1);
        assertThat(rank.status().state()).as("whatever the thread does later").isEqualTo(State.FAILED);
    }

    @Test
    void whatIsAskedBeyondThoseThatMayWaitFailsAtOnce() {
        RankLink rank = start(LONG, _ -> new Session.OfTeacher(new CountedTeacher(this::block)));
        List<CompletableFuture<TeacherSignal>> waiting =
                Stream.generate(() -> ask(rank)).limit(MOST_WAITING).toList();
        assertThatThrownBy(ask(rank)::join).hasMessageContaining("rank rank: 3 requests wait for it");
        released.countDown();
        waiting.forEach(CompletableFuture::join);
        assertThat(ask(rank).join()).as("asked once there is room").isNull();
    }

    @Test
    void aRankThatHangsWhileItLoadsIsNoticedToo() {
        CleanLog.expect("hangs");
        RankLink rank = start(SHORT, _ -> {
            block();
            return new Session.OfTeacher(new CountedTeacher(() -> {}));
        });
        assertThatThrownBy(ask(rank)::join)
                .hasCauseInstanceOf(RankHung.class)
                .hasMessageContaining("loading has not returned");
    }
}
