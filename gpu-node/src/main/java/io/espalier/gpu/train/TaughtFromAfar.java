package io.espalier.gpu.train;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.eval.Scores;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * A student whose teacher is elsewhere: what has been received is brought to the device for the one call that needs it.
 * Signals of a teacher on the same device pass through. Owns the student and the teacher's head.
 */
public final class TaughtFromAfar implements Student {
    private final Student student;
    private final TeacherHead head;

    public TaughtFromAfar(Student student, TeacherHead head) {
        this.student = student;
        this.head = head;
    }

    @Override
    public StepReport step(TokenBatch batch, TeacherSignal signal) {
        return restored(batch, signal, restored -> student.step(batch, restored));
    }

    @Override
    public List<Scores> score(TokenBatch batch, TeacherSignal signal) {
        return restored(batch, signal, restored -> student.score(batch, restored));
    }

    private <T> T restored(TokenBatch batch, TeacherSignal signal, Function<TeacherSignal, T> use) {
        if (!(signal instanceof ReceivedSignal received)) {
            return use.apply(signal);
        }
        try (TeacherSignal restored = head.restore(batch, received)) {
            return use.apply(restored);
        }
    }

    @Override
    public void restore(Function<String, TensorData> weights, Function<String, TensorData> moments) {
        student.restore(weights, moments);
    }

    @Override
    public Snapshot snapshot() {
        return student.snapshot();
    }

    @Override
    public void save(Path directory) {
        student.save(directory);
    }

    @Override
    public void close() {
        try (head) {
            student.close();
        }
    }
}
