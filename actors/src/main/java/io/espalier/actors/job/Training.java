package io.espalier.actors.job;

import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.rank.RankStatus;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.cache.CacheCounts;
import io.espalier.gpu.cache.StateCache;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.train.StepReport;
import io.espalier.proto.state.TrainingState;
import io.espalier.streams.batch.Batches;
import io.espalier.streams.batch.TextPosition;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.probe.StageReading;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;

/** Turns a request into a run: ranks that open its models, and the stream of its text. */
public final class Training implements AutoCloseable {
    private final TrainRequest request;
    private final RunPlace place;
    private final Tokenizer tokenizer;
    private final FeatureLoss features;
    private final RunDirectory directory;
    /** The cache of the teacher's signals; null for none. */
    private final StateCache teacherCache;

    private final TrainingRun run;

    /** A run in this process alone. */
    public Training(TrainRequest request, Consumer<String> say, Consumer<Validated> onValidated) {
        this(request, RunPlace.alone(), say, onValidated);
    }

    /**
     * Checks what can be checked before anything is loaded.
     *
     * @param place closed with the run
     * @param say told what is gone on from, and at any time what is wrong with the teacher's cache; by any thread
     * @param onValidated told each validation, between the reports of two steps
     */
    public Training(TrainRequest asked, RunPlace place, Consumer<String> say, Consumer<Validated> onValidated) {
        this.request = RunDirectory.asBegun(asked, say);
        this.place = place;
        if (!request.checkpoints().resume()) {
            StagedDirectory.requireFree(request.out());
        }
        if (request.teacher() != null) {
            SharedVocabulary.size(request.start().directory(), request.teacher());
        }
        this.features = TeacherRank.features(request);
        HeldOut heldOut = HeldOut.read(request);
        RunCard card = RunCard.of(request);
        this.teacherCache = place.teacher() == null ? TeacherRank.cache(request.economy(), say) : null;
        this.tokenizer = Tokenizer.open(request.start().directory());
        try {
            this.directory = RunDirectory.open(request, tokenizer, place.commits(), say);
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
        card.begin(directory.begin());
        Validator validator = new Validator(
                request.validation(),
                heldOut,
                request.steps(),
                request.out(),
                card,
                directory.begin().getValidation(),
                onValidated);
        this.run = new TrainingRun(job(validator, card), RankSettings.of(EspalierConfig.load()), place);
    }

    /** Whether the model of a run that goes on from its checkpoints is complete: there is nothing left to do. */
    public static boolean isDone(TrainRequest request) {
        return RunDirectory.isDone(request);
    }

    private TrainingJob job(Validator validator, RunCard card) {
        long steps = request.steps() - directory.begin().getStep();
        boolean fromAfar = place.teacher() != null;
        StudentRank student =
                new StudentRank(request, request.optimizer(), request.compute().head(), features, directory, fromAfar);
        Checkpointer checkpoints = directory.checkpointer(
                (state, cursor) -> state.setText(((TextPosition) cursor).stored()), (_, _, _) -> {});
        return new TrainingJob(
                request.teacher() == null || fromAfar
                        ? null
                        : TeacherRank.whole(request.compute(), request.teacher(), features, teacherCache),
                student::open,
                this::batches,
                Math.multiplyExact(steps, request.accumulation()),
                new FiniteRun(validator, checkpoints, card, request.out()));
    }

    private Source<TokenBatch, NotUsed> batches(ActorSystem<?> system) {
        Batches batches = new Batches(request.text(), tokenizer, system.executionContext()::execute);
        if (directory.resumed() == null) {
            return batches.training();
        }
        TextPosition position = TextPosition.of(directory.begin().getText());
        // Rows of another length are not those that were taken: the block is read again from its beginning.
        boolean sameRows = !request.checkpoints().override().contains("seq-length");
        return batches.training(
                sameRows ? position : position.blockStart(), directory.begin().getMicroBatches());
    }

    /** The state that the run begins with: zeros, unless it resumes. */
    public TrainingState begin() {
        return directory.begin();
    }

    /** Trains to the end or until {@link #drain}ed, and saves; gives what the ranks were last seen doing. */
    public List<RankStatus> run(Consumer<StepReport> onReport) {
        Quarantine quarantine = new Quarantine(
                request.out(), directory.begin().getStep(), request.schedule().maxSkipped());
        return run.run(report -> {
            onReport.accept(report);
            quarantine.accept(report);
        });
    }

    /** Finishes the step in flight and saves; does not wait. */
    public void drain() {
        place.run().tell(RunActor.Wish.DRAIN);
    }

    /** Returns when the run is closed. */
    public void awaitClosed() {
        run.awaitClosed();
    }

    /** The shares of time of the run's source, teacher and student since the last call. */
    public List<StageReading> stages() {
        return run.stages();
    }

    /** Nanoseconds so far that went into opening the ranks, validations and checkpoints, and not into steps. */
    public long besidesNanos() {
        return run.besidesNanos();
    }

    /** Whether a run that has ended has been parked. */
    public boolean isParked() {
        return run.isParked();
    }

    /** The counts of the teacher's cache in this run; null where there is none. */
    public CacheCounts teacherCache() {
        return teacherCache == null ? null : teacherCache.counts();
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
            directory.close();
        }
    }
}
