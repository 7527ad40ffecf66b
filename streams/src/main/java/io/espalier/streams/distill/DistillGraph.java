package io.espalier.streams.distill;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.TeacherSignal;
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
    private DistillGraph() {}

    private record Taught(TokenBatch batch, TeacherSignal signal) {}

    /**
     * Distillation.
     *
     * @param prefetch signals that may wait for the student, at least 1
     */
    public static Source<StepReport, NotUsed> distill(
            Source<TokenBatch, NotUsed> batches, TeacherPort teacher, StudentPort student, int prefetch) {
        return Source.fromMaterializer((_, _) -> {
                    Ledger<TeacherSignal> ledger = new Ledger<>(TeacherSignal::close);
                    Source<Taught, NotUsed> taught = batches.mapAsync(
                            teacher.atOnce(),
                            batch -> teacher.forward(batch)
                                    .thenApply(signal -> new Taught(batch, ledger.arrived(signal))));
                    // A stage of its own holds one element; the buffer holds the others.
                    Source<Taught, NotUsed> ahead =
                            prefetch > 1 ? taught.buffer(prefetch - 1, OverflowStrategy.backpressure()) : taught;
                    return ahead.mapAsync(1, pair -> step(ledger, student, pair))
                            .watchTermination((_, done) -> done.whenComplete((_, _) -> ledger.end()));
                })
                .mapMaterializedValue(_ -> NotUsed.getInstance());
    }

    /** Training without a teacher. */
    public static Source<StepReport, NotUsed> train(Source<TokenBatch, NotUsed> batches, StudentPort student) {
        return batches.mapAsync(1, batch -> student.step(batch, null));
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
