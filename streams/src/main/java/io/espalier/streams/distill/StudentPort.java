package io.espalier.streams.distill;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.TeacherSignal;
import java.util.concurrent.CompletionStage;

/** The way by which the graph hands a batch to the student; {@code signal} is null where the run has no teacher. */
@FunctionalInterface
public interface StudentPort {
    CompletionStage<StepReport> step(TokenBatch batch, TeacherSignal signal);
}
