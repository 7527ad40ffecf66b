package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.rank.RankStatus;
import io.espalier.actors.rank.RankSupervisor;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import io.espalier.testing.CleanLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A run gives every batch to its student once and in order, rides over a teacher's device failures, ends with the cause
 * otherwise, and leaves nothing open: no session, no signal, no thread.
 */
@Timeout(60)
class TrainingRunTest {
    private static final Path OUT = Path.of("out");
    private static final RankSettings SETTINGS = new RankSettings(
            Duration.ofSeconds(20), Duration.ofMillis(5), Duration.ofMillis(20), 3, 3, 2, 8, Duration.ofSeconds(20));

    private final Fakes fakes = new Fakes();
    private final List<StepReport> reports = new CopyOnWriteArrayList<>();

    private final RunPlace place =
            RunPlace.alone(() -> ActorSystem.create(RankSupervisor.create(SETTINGS), "test", EspalierConfig.load()));

    private TrainingRun run(int batches, boolean taught) {
        TrainingJob job = new TrainingJob(
                taught ? fakes.teachers() : null,
                fakes.students(),
                system -> Source.range(0, Integer.MAX_VALUE - 1)
                        .map(i -> new TokenBatch(i, 1, 1, new int[2], null, List.of())),
                batches,
                new FiniteRun(Validator.off(), Checkpointer.off(), RunCard.off(), OUT));
        return new TrainingRun(job, SETTINGS, place);
    }

    @AfterEach
    void nothingIsLeftOpen() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while ((fakes.openSignals.get() != 0 || fakes.openSessions.get() != 0) && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(fakes.openSignals).hasValue(0);
        assertThat(fakes.openSessions).hasValue(0);
    }

    private void assertLearntInOrder(long batches) {
        assertThat(fakes.learnt)
                .containsExactlyElementsOf(LongStream.range(0, batches).boxed().toList());
    }

    @Test
    void everyBatchReachesTheStudentOnceInOrderOnOneThread() {
        try (TrainingRun run = run(100, true)) {
            List<RankStatus> ranks = run.run(reports::add);
            assertThat(ranks).extracting(RankStatus::restarts).containsOnly(0);
            assertThat(ranks).extracting(RankStatus::name).containsExactlyInAnyOrder("student", "teacher");
        }
        assertLearntInOrder(100);
        assertThat(reports).hasSize(100);
        assertThat(fakes.saved).containsExactly(OUT);
        assertThat(fakes.studentThreads)
                .as("a rank's device belongs to one thread")
                .hasSize(1);
    }

    @Test
    void trainsWithoutATeacher() {
        try (TrainingRun run = run(20, false)) {
            run.run(reports::add);
        }
        assertLearntInOrder(20);
        assertThat(fakes.openedTeachers).hasValue(0);
    }

    @Test
    void aTeacherWhoseDeviceFailsIsRestartedAndTheBatchAskedAgain() {
        AtomicBoolean failed = new AtomicBoolean();
        fakes.onForward = sequence -> {
            if (sequence == 5 && failed.compareAndSet(false, true)) {
                throw new DeviceFailure("out of memory", new RuntimeException("test"));
            }
        };
        CleanLog.expect("out of memory");
        List<RankStatus> ranks;
        try (TrainingRun run = run(30, true)) {
            ranks = run.run(reports::add);
        }
        assertLearntInOrder(30);
        assertThat(fakes.openedTeachers).hasValue(2);
        assertThat(ranks)
                .filteredOn(rank -> rank.name().equals("teacher"))
                .extracting(RankStatus::restarts)
                .containsExactly(1);
    }

    @Test
    void aTeacherThatCannotComeBackEndsTheRunWithItsCause() {
        fakes.onForward = sequence -> {
            throw new DeviceFailure("device lost", new RuntimeException("test"));
        };
        CleanLog.expect("device lost");
        try (TrainingRun run = run(30, true)) {
            assertThatThrownBy(() -> run.run(reports::add))
                    .isInstanceOf(DeviceFailure.class)
                    .hasMessage("device lost");
        }
        assertThat(fakes.saved).isEmpty();
    }

    @Test
    void aStudentThatFailsEndsTheRunWithItsCauseAndSavesNothing() {
        fakes.onStep = sequence -> {
            if (sequence == 3) {
                throw Refused.invalid("step 3", "gradient norm", "NaN", "must be finite");
            }
        };
        try (TrainingRun run = run(30, true)) {
            assertThatThrownBy(() -> run.run(reports::add))
                    .isInstanceOf(Refused.class)
                    .hasMessage("step 3: gradient norm is NaN: must be finite");
        }
        assertLearntInOrder(3);
        assertThat(fakes.saved).isEmpty();
    }

    @Test
    void aStudentWhoseDeviceFailsEndsTheRunWithItsCause() {
        fakes.onStep = sequence -> {
            throw new DeviceFailure("student lost", new RuntimeException("test"));
        };
        CleanLog.expect("student lost");
        try (TrainingRun run = run(30, true)) {
            assertThatThrownBy(() -> run.run(reports::add)).isInstanceOf(DeviceFailure.class);
        }
    }

    @Test
    void aStoppedRunFinishesItsStepsInFlightAndSaves() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        fakes.onStep = sequence -> {
            if (sequence == 10) {
                reached.countDown();
            }
        };
        CompletableFuture<Void> stopped;
        try (TrainingRun run = run(1_000_000, true)) {
            stopped = CompletableFuture.runAsync(() -> {
                try {
                    reached.await();
                    place.run().tell(RunActor.Wish.DRAIN);
                    run.awaitClosed();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            run.run(reports::add);
        }
        stopped.get(10, TimeUnit.SECONDS);
        assertLearntInOrder(fakes.learnt.size());
        assertThat(fakes.learnt.size()).isBetween(11, 999_999);
        assertThat(reports).hasSameSizeAs(fakes.learnt);
        assertThat(fakes.saved).containsExactly(OUT);
    }

    @Test
    void aSourceThatFailsEndsTheRunWithItsCause() {
        TrainingJob job = new TrainingJob(
                fakes.teachers(),
                fakes.students(),
                system -> Source.failed(Refused.notFound("a.jsonl", "must be there")),
                10,
                new FiniteRun(Validator.off(), Checkpointer.off(), RunCard.off(), OUT));
        try (TrainingRun run = new TrainingRun(job, SETTINGS, place)) {
            assertThatThrownBy(() -> run.run(reports::add))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("a.jsonl");
        }
    }
}
