package io.espalier.actors.job;

import io.espalier.actors.rank.Session;
import io.espalier.gpu.checkpoint.LoadProgress;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.LocalStudent;
import io.espalier.gpu.train.ModelSaver;
import io.espalier.gpu.train.OptimizerSettings;
import io.espalier.gpu.train.Student;
import io.espalier.gpu.train.TaughtFromAfar;
import io.espalier.gpu.train.TeacherHead;
import io.espalier.gpu.train.TrainingCheckpoint;
import java.util.Map;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Opens the student of a request on a rank: from where it starts, or from the checkpoint that it goes on from. */
public final class StudentRank {
    private final TrainRequest request;
    private final OptimizerSettings optimizer;
    private final ChunkedHead head;
    private final FeatureLoss features;
    private final RunDirectory directory;
    private final boolean fromAfar;

    /**
     * Makes the opener of a run's student.
     *
     * @param directory must be open for as long as the rank
     * @param fromAfar whether its teachers are in other processes
     */
    public StudentRank(
            TrainRequest request,
            OptimizerSettings optimizer,
            ChunkedHead head,
            FeatureLoss features,
            RunDirectory directory,
            boolean fromAfar) {
        this.request = request;
        this.optimizer = optimizer;
        this.head = head;
        this.features = features;
        this.directory = directory;
        this.fromAfar = fromAfar;
    }

    /**
     * Opens the student on the calling thread, which is the rank's. A session that fails to open does not keep the
     * device.
     */
    public Session open(DoubleConsumer progress) {
        Torch torch = request.compute().open();
        try {
            return open(torch, progress);
        } catch (RuntimeException e) {
            torch.close();
            throw e;
        }
    }

    private Session open(Torch torch, DoubleConsumer progress) {
        return switch (request.start()) {
            case TrainRequest.Start.Stored stored -> {
                try (ModelDirectory model = ModelDirectory.open(stored.directory())) {
                    Map<String, TensorType> types = model.config().tensors().stream()
                            .collect(Collectors.toMap(
                                    TensorSpec::name,
                                    spec -> model.tensor(spec.name()).type()));
                    ModelSaver saver = saver(spec -> types.get(spec.name()));
                    yield model.load(() -> open(
                            torch,
                            model.config(),
                            LoadProgress.of(model.config().tensors(), model::tensor, progress),
                            saver));
                }
            }
            case TrainRequest.Start.Random random -> {
                ModelConfig config = ModelConfig.read(random.config());
                TensorType type = TensorType.ofTorch(config.dtype());
                try (RandomWeights weights = new RandomWeights(config, random.seed())) {
                    yield open(torch, config, weights, saver(_ -> type));
                }
            }
        };
    }

    private ModelSaver saver(Function<TensorSpec, TensorType> types) {
        return new ModelSaver(types, request.start().directory(), request.maxShardBytes());
    }

    private Session open(Torch torch, ModelConfig config, Function<String, TensorData> source, ModelSaver saver) {
        TrainingCheckpoint resumed = directory.resumed();
        LocalStudent student = new LocalStudent(
                torch,
                config,
                resumed == null
                        ? LocalStudent.withNewProjections(
                                source, features, request.text().seed())
                        : resumed::weight,
                optimizer,
                new Objective(request.loss(), features),
                head,
                saver,
                request.economy().recompute());
        if (resumed != null) {
            student.resume(directory.begin().getStep(), resumed::moment);
        }
        return new Session.OfStudent(fromAfar ? taughtFromAfar(student) : student);
    }

    private Student taughtFromAfar(LocalStudent student) {
        Torch torch = request.compute().open();
        try {
            return new TaughtFromAfar(student, TeacherHead.open(torch, request.teacher(), features));
        } catch (RuntimeException e) {
            torch.close();
            student.close();
            throw e;
        }
    }
}
