package io.espalier.streams.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.SignalPart;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.StepReport.Outcome;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.distill.DistillGraph;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stage is busy, idle or back-pressured, one of them at each moment, and the shares say for how long. */
@Timeout(30)
class StageProbesTest {
    private static final long QUARTER = Duration.ofMillis(250).toNanos();

    private static ActorSystem system;

    private final AtomicLong now = new AtomicLong();
    private final StageProbes probes = new StageProbes(now::get);
    private final BlockingQueue<CompletableFuture<TeacherSignal>> asked = new LinkedBlockingQueue<>();
    private final BlockingQueue<CompletableFuture<StepReport>> steps = new LinkedBlockingQueue<>();

    private record Signal(long sequence) implements TeacherSignal {
        @Override
        public long bytes() {
            return 0;
        }

        @Override
        public List<SignalPart> parts() {
            return List.of();
        }

        @Override
        public void close() {}
    }

    @BeforeAll
    static void start() {
        system = ActorSystem.create("probes");
    }

    @AfterAll
    static void stop() {
        system.terminate();
    }

    /** Teacher and student work until the test completes what they were asked. */
    private CompletableFuture<?> runGraph(int batches) {
        Source<TokenBatch, NotUsed> source = Source.range(0, batches - 1)
                .map(i -> new TokenBatch(i, 1, 1, new int[2], null, List.of()))
                .via(probes.stage("source").exit());
        return DistillGraph.distill(source, _ -> pending(asked), (_, _) -> pending(steps), 1, probes)
                .runWith(Sink.ignore(), system)
                .toCompletableFuture();
    }

    private static <T> CompletableFuture<T> pending(BlockingQueue<CompletableFuture<T>> queue) {
        CompletableFuture<T> future = new CompletableFuture<>();
        queue.add(future);
        return future;
    }

    private static <T> CompletableFuture<T> next(BlockingQueue<CompletableFuture<T>> queue)
            throws InterruptedException {
        CompletableFuture<T> future = queue.poll(10, TimeUnit.SECONDS);
        assertThat(future).as("waited in vain").isNotNull();
        return future;
    }

    private static StepReport report(long sequence) {
        return new StepReport(
                sequence, sequence + 1, Outcome.STEPPED, List.of(0.0), 0, 0, 1, StepReport.Observed.NONE, List.of());
    }

    private Map<String, StageReading> read() {
        List<StageReading> readings = probes.snapshot();
        assertThat(readings)
                .allSatisfy(stage -> assertThat(stage.busy() + stage.idle() + stage.backPressured())
                        .isCloseTo(1, within(1e-9)));
        return readings.stream().collect(Collectors.toMap(StageReading::name, stage -> stage));
    }

    @Test
    void aSlowTeacherStarvesTheStudentAndHoldsUpTheSource() throws InterruptedException {
        var _ = runGraph(10);
        var _ = next(asked);
        now.addAndGet(QUARTER);
        Map<String, StageReading> stages = read();
        assertThat(stages.get("teacher").busy()).isEqualTo(1);
        assertThat(stages.get("student").idle()).isEqualTo(1);
        assertThat(stages.get("source").backPressured()).isEqualTo(1);
    }

    @Test
    void aSlowStudentHoldsUpTheTeacher() throws InterruptedException {
        var _ = runGraph(10);
        next(asked).complete(new Signal(0));
        var _ = next(steps);
        CompletableFuture<TeacherSignal> second = next(asked);
        read();
        now.addAndGet(QUARTER);
        second.complete(new Signal(1));
        now.addAndGet(3 * QUARTER);
        Map<String, StageReading> stages = read();
        assertThat(stages.get("student").busy()).isEqualTo(1);
        assertThat(stages.get("teacher").busy()).isEqualTo(0.25);
        assertThat(stages.get("teacher").backPressured()).isEqualTo(0.75);
        assertThat(stages.get("teacher").elements()).isEqualTo(2);
    }

    @Test
    void whatHasEndedIsIdleAndWasCounted() throws InterruptedException {
        CompletableFuture<?> ended = runGraph(3);
        for (int i = 0; i < 3; i++) {
            next(asked).complete(new Signal(i));
            next(steps).complete(report(i));
        }
        ended.join();
        read();
        now.addAndGet(QUARTER);
        assertThat(probes.snapshot())
                .containsExactly(
                        new StageReading("source", 0, 1, 0, 3),
                        new StageReading("teacher", 0, 1, 0, 3),
                        new StageReading("student", 0, 1, 0, 3));
    }

    @Test
    void aStageWhoseWorkFailsAtOnceIsNotBusyForEver() {
        StageProbe probe = probes.stage("stage");
        probe.waits(false);
        try {
            probe.call(() -> {
                throw new IllegalStateException("ill");
            });
        } catch (IllegalStateException expected) {
            now.addAndGet(QUARTER);
        }
        assertThat(read().get("stage").backPressured()).isEqualTo(1);
    }

    @Test
    void askedTwiceAtTheSameMomentItGivesTheSame() {
        probes.stage("stage").began();
        now.addAndGet(QUARTER);
        List<StageReading> first = probes.snapshot();
        assertThat(probes.snapshot()).isEqualTo(first);
    }
}
