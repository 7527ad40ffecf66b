package io.espalier.gpu.train;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.Set;

/**
 * The head of a teacher that runs elsewhere, which is all that the student's side needs of it. It is loaded with the first
 * signal, and used by the student's thread. Owns the device and the weights.
 */
public final class TeacherHead implements AutoCloseable {
    private final LocalTeacher teacher;
    private final Runnable closeWeights;

    private TeacherHead(LocalTeacher teacher, Runnable closeWeights) {
        this.teacher = teacher;
        this.closeWeights = closeWeights;
    }

    /**
     * Opens the model; closes {@code torch} with itself. Where it fails, that stays open.
     *
     * @param features what the teacher's signals hold besides the final states
     */
    public static TeacherHead open(Torch torch, Path model, FeatureLoss features) {
        ModelDirectory directory = ModelDirectory.open(model);
        try {
            LocalTeacher teacher = LocalTeacher.onDemand(torch, directory.config(), directory::tensor, features);
            return new TeacherHead(teacher, directory::close);
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    /**
     * The same of a model that is stored nowhere: its rank makes it of the same configuration and seed. Closes {@code weights},
     * too, unless it fails.
     */
    public static TeacherHead open(Torch torch, ModelConfig config, RandomWeights weights) {
        return new TeacherHead(LocalTeacher.onDemand(torch, config, weights, FeatureLoss.NONE), weights::close);
    }

    /** The parts that each signal of the teacher must have. */
    public SignalLayout layout() {
        return teacher.layout();
    }

    /**
     * A copy on the device, the caller's to close; {@code received} stays the caller's, too.
     *
     * @throws Refused where it is of another batch, or its parts are not those of this teacher and batch
     */
    TeacherSignal restore(TokenBatch batch, ReceivedSignal received) {
        if (received.sequence() != batch.sequence()) {
            throw Refused.invalid(
                    "signal of batch " + batch.sequence(),
                    "sequence",
                    received.sequence(),
                    "must be that of the batch");
        }
        return teacher.restored(batch, received.parts());
    }

    /** Names of the parameters that are in memory. */
    Set<String> loaded() {
        return teacher.loaded();
    }

    @Override
    public void close() {
        closeWeights.run();
        teacher.close();
    }
}
