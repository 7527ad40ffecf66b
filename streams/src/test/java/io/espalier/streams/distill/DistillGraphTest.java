package io.espalier.streams.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.SignalPart;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.StepReport.Outcome;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.probe.StageProbes;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every batch reaches the student once and in order; every signal is closed once, however the stream ends. */
@Timeout(30)
class DistillGraphTest {
    private static ActorSystem system;

    private final StageProbes probes = new StageProbes(System::nanoTime);
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final List<Long> learnt = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() {
        system = ActorSystem.create("graph");
    }

    @AfterAll
    static void stop() {
        system.terminate();
    }

    private final class CountingSignal implements TeacherSignal {
        private final long sequence;
        private boolean open = true;

        CountingSignal(long sequence) {
            this.sequence = sequence;
            opened.incrementAndGet();
        }

        @Override
        public long sequence() {
            return sequence;
        }

        @Override
        public long bytes() {
            return 1;
        }

        @Override
        public List<SignalPart> parts() {
            return List.of();
        }

        @Override
        public void close() {
            assertThat(open).as("closed twice").isTrue();
            open = false;
            closed.incrementAndGet();
        }
    }

    private static Source<TokenBatch, NotUsed> batches(int count) {
        return Source.range(0, count - 1).map(i -> new TokenBatch(i, 1, 1, new int[2], null, List.of()));
    }

    private CompletionStage<TeacherSignal> teach(TokenBatch batch) {
        asked.incrementAndGet();
        return CompletableFuture.supplyAsync(() -> new CountingSignal(batch.sequence()));
    }

    private CompletionStage<StepReport> learn(TokenBatch batch, TeacherSignal signal) {
        return CompletableFuture.supplyAsync(() -> {
            assertThat(signal.sequence()).isEqualTo(batch.sequence());
            learnt.add(batch.sequence());
            return new StepReport(
                    batch.sequence(),
                    batch.sequence() + 1,
                    Outcome.STEPPED,
                    List.of(0.0),
                    0,
                    0,
                    1,
                    StepReport.Observed.NONE,
                    List.of());
        });
    }

    /** Signals may be freed a moment after the stream has ended. */
    private void awaitAllClosed() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (opened.get() != closed.get() && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(closed.get()).isEqualTo(opened.get());
    }

    @Test
    void everyBatchReachesTheStudentOnceAndInOrder() {
        List<StepReport> reports = DistillGraph.distill(batches(200), this::teach, this::learn, 3, probes)
                .runWith(Sink.seq(), system)
                .toCompletableFuture()
                .join();
        assertThat(reports).hasSize(200);
        assertThat(learnt)
                .containsExactlyElementsOf(LongStream.range(0, 200).boxed().toList());
        assertThat(closed).hasValue(200);
    }

    @Test
    void theTeacherRestsWhenTheStudentDoesNotPull() {
        CompletableFuture<StepReport> never = new CompletableFuture<>();
        int prefetch = 4;
        SinkQueueWithCancel<StepReport> queue = DistillGraph.distill(
                        batches(1000), this::teach, (batch, signal) -> never, prefetch, probes)
                .runWith(Sink.queue(), system);
        CompletionStage<?> pulled = queue.pull();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
        while (System.nanoTime() < deadline) {
            assertThat(asked.get()).isLessThanOrEqualTo(prefetch + 2);
            Thread.onSpinWait();
        }
        assertThat(pulled.toCompletableFuture()).isNotDone();
        queue.cancel();
        never.completeExceptionally(new IllegalStateException("stopped"));
        awaitAllClosed();
    }

    @Test
    void aFailingStudentFreesWhatTheTeacherWorkedAhead() {
        assertThatThrownBy(() -> DistillGraph.distill(
                                batches(100),
                                this::teach,
                                (batch, signal) -> batch.sequence() == 7
                                        ? CompletableFuture.failedFuture(new IllegalStateException("ill"))
                                        : learn(batch, signal),
                                4,
                                probes)
                        .runWith(Sink.ignore(), system)
                        .toCompletableFuture()
                        .join())
                .hasRootCauseMessage("ill");
        assertThat(learnt).hasSize(7);
        awaitAllClosed();
    }

    @Test
    void aStudentThatThrowsAtOnceFreesItsSignal() {
        assertThatThrownBy(() -> DistillGraph.distill(
                                batches(10),
                                this::teach,
                                (batch, signal) -> {
                                    throw new IllegalStateException("at once");
                                },
                                1,
                                probes)
                        .runWith(Sink.ignore(), system)
                        .toCompletableFuture()
                        .join())
                .hasRootCauseMessage("at once");
        awaitAllClosed();
    }

    @Test
    void aFailingTeacherFreesWhatItGaveBefore() {
        assertThatThrownBy(() -> DistillGraph.distill(
                                batches(100),
                                batch -> batch.sequence() == 9
                                        ? CompletableFuture.failedFuture(new IllegalStateException("gone"))
                                        : teach(batch),
                                this::learn,
                                4,
                                probes)
                        .runWith(Sink.ignore(), system)
                        .toCompletableFuture()
                        .join())
                .hasRootCauseMessage("gone");
        awaitAllClosed();
    }

    @Test
    void aSignalThatArrivesAfterTheEndIsFreed() {
        CompletableFuture<TeacherSignal> late = new CompletableFuture<>();
        SinkQueueWithCancel<StepReport> queue = DistillGraph.distill(batches(10), batch -> late, this::learn, 1, probes)
                .runWith(Sink.queue(), system);
        CompletionStage<?> pulled = queue.pull();
        queue.cancel();
        late.complete(new CountingSignal(0));
        awaitAllClosed();
        assertThat(pulled).isNotNull();
    }
}
