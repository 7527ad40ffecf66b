package io.espalier.streams.distill;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.probe.StageProbe;
import io.espalier.streams.probe.StageProbes;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Batches through the teacher to the student, in order; one at a time at the student, and as many at once as the teacher
 * takes. The student pulls: the teacher works at most {@code prefetch} batches further ahead of it and then rests, and so
 * does everything before it. Every signal is closed
 * exactly once, whatever ends the stream.
 */
public final class DistillGraph {
    private static final String TEACHER = "teacher";
    private static final String STUDENT = "student";

    private DistillGraph() {}

    private record Taught(TokenBatch batch, TeacherSignal signal) {}

    /**
     * Distillation.
     *
     * @param prefetch signals that may wait for the student, at least 1
     * @param probes told how the teacher and the student spend their time
     */
    public static Source<StepReport, NotUsed> distill(
            Source<TokenBatch, NotUsed> batches,
            TeacherPort teacher,
            StudentPort student,
            int prefetch,
            StageProbes probes) {
        StageProbe teaching = probes.stage(TEACHER);
        StageProbe learning = probes.stage(STUDENT);
        return Source.fromMaterializer((_, _) -> {
                    Ledger<TeacherSignal> ledger = new Ledger<>(TeacherSignal::close);
                    Source<Taught, NotUsed> taught = batches.via(teaching.entry())
                            .mapAsync(
                                    teacher.atOnce(),
                                    batch -> teaching.call(() -> teacher.forward(batch))
                                            .thenApply(signal -> new Taught(batch, ledger.arrived(signal))));
                    // A stage of its own holds one element; the buffer holds the others.
                    Source<Taught, NotUsed> ahead =
                            prefetch > 1 ? taught.buffer(prefetch - 1, OverflowStrategy.backpressure()) : taught;
                    return ahead.via(learning.entry())
                            .mapAsync(1, pair -> learning.call(() -> step(ledger, student, pair)))
                            .watchTermination((_, done) -> done.whenComplete((_, _) -> ledger.end()));
                })
                .mapMaterializedValue(_ -> NotUsed.getInstance());
    }

    /**
     * Training without a teacher.
     *
     * @param probes told how the student spends its time
     */
    public static Source<StepReport, NotUsed> train(
            Source<TokenBatch, NotUsed> batches, StudentPort student, StageProbes probes) {
        StageProbe learning = probes.stage(STUDENT);
        return batches.via(learning.entry()).mapAsync(1, batch -> learning.call(() -> student.step(batch, null)));
    }

    private static CompletionStage<StepReport> step(Ledger<TeacherSignal> ledger, StudentPort student, Taught taught) {
        if (!ledger.take(taught.signal())) {
            return CompletableFuture.failedFuture(new IllegalStateException("the stream has ended"));
        }
        try {
            return student.step(taught.batch(), taught.signal())
                    .whenComplete((_, _) -> taught.signal().close());
        } catch (RuntimeException e) {
            taught.signal().close();
            return CompletableFuture.failedFuture(e);
        }
    }
}
