package io.espalier.streams.distill;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.TeacherSignal;
import java.util.concurrent.CompletionStage;

/** The way by which the graph asks for a teacher's signal; the graph closes the signals that it gets. */
@FunctionalInterface
public interface TeacherPort {
    CompletionStage<TeacherSignal> forward(TokenBatch batch);

    /** Batches that it works on at once; each waits for its turn to be the student's. */
    default int atOnce() {
        return 1;
    }
}
