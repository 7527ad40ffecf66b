package io.espalier.streams.distill;

import io.espalier.gpu.train.StageInput;
import io.espalier.gpu.train.TeacherSignal;
import java.util.concurrent.CompletionStage;

/** Where the serving graph asks a stage of a teacher; the graph closes what it gets. */
@FunctionalInterface
public interface StagePort {
    CompletionStage<TeacherSignal> forward(StageInput input);
}
