package io.espalier.actors.job;

import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.rank.RankStatus;
import io.espalier.actors.rank.RankSupervisor;
import io.espalier.actors.rank.Session;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.LocalStudent;
import io.espalier.gpu.train.LocalTeacher;
import io.espalier.gpu.train.ModelSaver;
import io.espalier.gpu.train.StepReport;
import io.espalier.streams.batch.Batches;
import io.espalier.streams.batch.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;

/** Turns a request into a run: ranks that open its models, and the stream of its text. */
public final class Training implements AutoCloseable {
    private final TrainRequest request;
    private final Tokenizer tokenizer;
    private final TrainingRun run;

    /** Checks what can be checked before anything is loaded, and starts the actor system. */
    public Training(TrainRequest request) {
        this.request = request;
        StagedDirectory.requireFree(request.out());
        if (request.teacher() != null) {
            SharedVocabulary.size(request.start().directory(), request.teacher());
        }
        this.tokenizer = Tokenizer.open(request.start().directory());
        RankSettings settings = RankSettings.of(EspalierConfig.load());
        ActorSystem<RankSupervisor.Command> system =
                ActorSystem.create(RankSupervisor.create(settings), "espalier", EspalierConfig.load());
        this.run = new TrainingRun(job(), settings, system);
    }

    private TrainingJob job() {
        return new TrainingJob(
                request.teacher() == null ? null : this::teacher,
                this::student,
                system -> new Batches(request.text(), tokenizer, system.executionContext()::execute).training(),
                Math.multiplyExact(request.steps(), request.accumulation()),
                request.out());
    }

    private Session teacher() {
        return withDevice(torch -> {
            try (ModelDirectory directory = ModelDirectory.open(request.teacher())) {
                return new Session.OfTeacher(new LocalTeacher(torch, directory.config(), directory::tensor));
            }
        });
    }

    private Session student() {
        return withDevice(torch -> switch (request.start()) {
            case TrainRequest.Start.Stored stored -> {
                try (ModelDirectory directory = ModelDirectory.open(stored.directory())) {
                    Map<String, TensorType> types = directory.config().tensors().stream()
                            .collect(Collectors.toMap(
                                    TensorSpec::name,
                                    spec -> directory.tensor(spec.name()).type()));
                    ModelSaver saver = saver(spec -> types.get(spec.name()));
                    yield student(torch, directory.config(), directory::tensor, saver);
                }
            }
            case TrainRequest.Start.Random random -> {
                ModelConfig config = ModelConfig.read(random.config());
                TensorType type = TensorType.ofTorch(config.dtype());
                yield student(torch, config, new RandomWeights(config, random.seed()), saver(_ -> type));
            }
        });
    }

    private ModelSaver saver(Function<TensorSpec, TensorType> types) {
        return new ModelSaver(types, request.start().directory(), request.maxShardBytes());
    }

    private Session student(
            Torch torch,
            ModelConfig config,
            Function<String, io.espalier.gpu.checkpoint.TensorData> source,
            ModelSaver saver) {
        return new Session.OfStudent(new LocalStudent(
                torch,
                config,
                source,
                request.optimizer(),
                request.loss(),
                request.compute().head(),
                saver));
    }

    /** A session that fails to open must not keep the device. */
    private Session withDevice(Function<Torch, Session> open) {
        Torch torch = request.compute().open();
        try {
            return open.apply(torch);
        } catch (RuntimeException e) {
            torch.close();
            throw e;
        }
    }

    /** Trains to the end or until {@link #stop}ped, and saves; gives what the ranks were last seen doing. */
    public List<RankStatus> run(Consumer<StepReport> onReport) {
        Quarantine quarantine = new Quarantine(request.out(), request.schedule().maxSkipped());
        return run.run(report -> {
            onReport.accept(report);
            quarantine.accept(report);
        });
    }

    /** Finishes the step in flight and saves; returns when the run is closed. */
    public void stop() throws InterruptedException {
        run.stop();
    }

    public Path out() {
        return request.out();
    }

    @Override
    public void close() {
        try {
            run.close();
        } finally {
            tokenizer.close();
        }
    }
}
