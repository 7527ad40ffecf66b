package io.espalier.streams.distill;

import io.espalier.gpu.train.StageInput;
import io.espalier.gpu.train.TeacherSignal;
import java.util.concurrent.CompletionStage;

/** The way by which the serving graph asks a stage of a teacher; the graph closes the signals that it gets. */
@FunctionalInterface
public interface StagePort {
    CompletionStage<TeacherSignal> forward(StageInput input);
}
