package io.espalier.gpu.train;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.eval.Scores;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** The student's face: a model under training on one device, used by one thread. */
public interface Student extends AutoCloseable {
    /**
     * Forward, loss and backward of one micro-batch; the optimiser moves when it completes a global batch. When the device
     * fails, the micro-batches of the global batch in progress are forgotten.
     *
     * @param signal what the teacher said of this batch, or null where the run has no teacher (cross entropy); it
     *     stays the caller's
     */
    StepReport step(TokenBatch batch, TeacherSignal signal);

    /**
     * Scores the weights as they are on each row of a batch that is not learnt from.
     *
     * @param signal as for {@link #step}
     */
    List<Scores> score(TokenBatch batch, TeacherSignal signal);

    /** The state after the last complete global batch, for the caller to write and close. */
    Snapshot snapshot();

    /**
     * Takes the weights and the optimiser's state of a checkpoint instead of its own; the count of steps goes on. A global
     * batch in progress is forgotten.
     *
     * @param weights f32, of this model
     * @param moments of its optimiser
     */
    void restore(Function<String, TensorData> weights, Function<String, TensorData> moments);

    /** Writes the weights as a Hugging Face directory, committed as a whole; refuses a directory that exists. */
    void save(Path directory);

    /** Frees all native memory; idempotent. */
    @Override
    void close();
}
