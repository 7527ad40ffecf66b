package io.espalier.actors.continual;

import io.espalier.actors.continual.Publisher.Committed;
import io.espalier.actors.job.Checkpointer;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.HeldOut;
import io.espalier.actors.job.RunActor;
import io.espalier.actors.job.RunCard;
import io.espalier.actors.job.RunDirectory;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.SharedVocabulary;
import io.espalier.actors.job.StudentRank;
import io.espalier.actors.job.TeacherRank;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.TrainingJob;
import io.espalier.actors.job.TrainingRun;
import io.espalier.actors.rank.RankSettings;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.train.StepReport;
import io.espalier.proto.state.ContinualState;
import io.espalier.proto.state.TrainingState;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.live.LiveBatches;
import io.espalier.streams.live.LivePosition;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;

/** Keeps a student close to its teacher on live text, until it is parked or drained. Owns all that it is made of. */
public final class ContinualRun implements AutoCloseable {
    private static final double WAITING_SECONDS = 1;

    private final ContinualRequest request;
    private final RunPlace place;
    private final List<AutoCloseable> owned = new ArrayList<>();
    private final RunDirectory directory;
    private final TeacherIdentity teacher;
    private final EventLog events;
    private final LedgerFile ledger;
    private final Versions versions;
    private final DriftWatch drift;
    private final TunableRate rate;
    private final Tokenizer tokenizer;
    private final Checkpointer checkpoints;
    private final StreamListener listener;
    private final StatusFile statusFile;
    private final LiveSteps steps;
    private final TrainingRun run;
    /**
     * The positions of the checkpoints that may be gone back to, the oldest first. They belong to the thread that
     * writes checkpoints.
     */
    private final Deque<LivePosition> kept = new ArrayDeque<>();

    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile Committed committed;
    private volatile LiveBatches live;

    /**
     * Checks what can be checked before anything is loaded.
     *
     * @param place closed with the run
     * @param say told each line for people; by any thread
     */
    public ContinualRun(ContinualRequest asked, RunPlace place, Consumer<String> say) {
        this.place = place;
        TrainRequest training = RunDirectory.asBegun(asked.training(), say);
        this.request = asked.with(training);
        try {
            if (!training.checkpoints().resume()) {
                StagedDirectory.requireFree(training.out());
            }
            SharedVocabulary.size(training.start().directory(), training.teacher());
            HeldOut heldOut = HeldOut.read(training);
            requireRows(heldOut);
            this.tokenizer = own(Tokenizer.open(training.start().directory()));
            this.directory = own(RunDirectory.open(training, tokenizer, place.commits(), say));
            TrainingState begin = directory.begin();
            this.teacher = TeacherIdentity.of(training.teacher(), begin.getContinual());
            this.events = own(new EventLog(training.out(), say));
            this.ledger = own(LedgerFile.open(training.out(), begin, digest(directory)));
            this.versions = new Versions(training.out(), request.gates().keep());
            this.drift = new DriftWatch(request.drift(), events);
            this.rate = rate(training, begin.getContinual());
            this.checkpoints = directory.checkpointer(
                    (state, cursor) -> state.setLive(((LivePosition) cursor).stored()), this::committed);
            this.committed = resumed(begin);
            this.listener = new StreamListener(events, () -> place.run().tell(RunActor.Wish.HOLD), this::step);
            this.statusFile = new StatusFile(training.out());
            LiveLog log = own(
                    new LiveLog(training.out(), training.losses(), request.logEvery(), begin, say, this::besidesNanos));
            RunCard card = RunCard.of(training);
            card.begin(begin);
            card.taughtBy(teacher.directory());
            LiveParts parts = new LiveParts(
                    events,
                    log,
                    drift,
                    new Orders(events),
                    new Referee(heldOut, versions, request.gates()),
                    versions,
                    new Publisher(
                            versions,
                            card,
                            ledger,
                            directory.settings(),
                            Sha256.of(request.liveText().json().getBytes(StandardCharsets.UTF_8))),
                    rate,
                    share -> live.replayShare(share),
                    new TeacherSwaps(training, place.teacher() != null),
                    this::everySecond,
                    committed == null ? null : committed.checkpoint(),
                    () -> committed);
            this.steps = new LiveSteps(request, parts, card, checkpoints, teacher);
            this.run = new TrainingRun(job(begin), RankSettings.of(EspalierConfig.load()), place);
        } catch (RuntimeException e) {
            closeAll();
            throw e;
        }
    }

    private <T extends AutoCloseable> T own(T part) {
        owned.add(part);
        return part;
    }

    private static void requireRows(HeldOut heldOut) {
        heldOut.files().forEach((file, batches) -> {
            int rows = batches.stream().mapToInt(TokenBatch::rows).sum();
            if (rows < 2) {
                throw Refused.invalid(file, "rows", rows, "must be at least 2 to tell chance from change");
            }
        });
    }

    /** The digest of the manifest of the checkpoint that the run goes on from; empty where it begins anew. */
    private static String digest(RunDirectory directory) {
        return directory.resumed() == null
                ? ""
                : Sha256.ofFile(directory.resumed().path().resolve("manifest.json"));
    }

    private Committed resumed(TrainingState begin) {
        return directory.resumed() == null
                ? null
                : new Committed(begin.getStep(), directory.resumed().path(), digest(directory), begin.getTokens());
    }

    private static TunableRate rate(TrainRequest training, ContinualState state) {
        TunableRate rate = new TunableRate(training.optimizer().learningRate());
        if (state.hasLearningRate()) {
            rate.set(state.getLearningRate());
        }
        return rate;
    }

    private TrainingJob job(TrainingState begin) {
        TrainRequest training = request.training();
        boolean fromAfar = place.teacher() != null;
        FeatureLoss features = TeacherRank.features(training);
        StudentRank student = new StudentRank(
                training,
                training.optimizer().with(rate),
                training.compute().head().observing(),
                features,
                directory,
                fromAfar);
        long left = training.steps() == Long.MAX_VALUE
                ? Long.MAX_VALUE
                : Math.multiplyExact(training.steps() - begin.getStep(), training.accumulation());
        return new TrainingJob(
                fromAfar ? null : TeacherRank.whole(training.compute(), teacher.directory(), features, null),
                student::open,
                this::batches,
                left,
                steps);
    }

    private Source<TokenBatch, NotUsed> batches(ActorSystem<?> system) {
        TrainingState begin = directory.begin();
        live = new LiveBatches(
                request.live(), request.training().text(), tokenizer, system.executionContext()::execute, listener);
        LivePosition from = begin.hasLive() ? LivePosition.of(begin.getLive()) : LivePosition.START;
        return live.training(from, begin.getMicroBatches());
    }

    /** Takes in a checkpoint that is committed; called by the thread that has written it. */
    private void committed(TrainingState state, Path checkpoint, String manifestSha256) {
        ledger.committed(state, manifestSha256);
        ledger.condense(versions::steps);
        committed = new Committed(state.getStep(), checkpoint, manifestSha256, state.getTokens());
        events.add(
                EventKind.CHECKPOINT,
                state.getStep(),
                "a checkpoint is committed",
                line -> line.put("sha256", manifestSha256));
        kept.add(LivePosition.of(state.getLive()));
        if (kept.size() > request.training().checkpoints().keep()) {
            kept.remove();
        }
        if (kept.size() == request.training().checkpoints().keep()) {
            live.committed(kept.peek());
        }
    }

    private long step() {
        return checkpoints.state().getStep();
    }

    /**
     * Runs until it is parked or drained, or its steps are done.
     *
     * @return steps taken since the beginning
     */
    public long run(Consumer<StepReport> onReport) {
        run.run(onReport);
        return step();
    }

    private void everySecond(RunActor.Phase phase, double idleSeconds) {
        statusFile.write(() -> {
            listener.tellDeadLetters();
            return status(phase, idleSeconds);
        });
    }

    private StatusFile.Status status(RunActor.Phase phase, double idleSeconds) {
        LiveBatches stream = live;
        return new StatusFile.Status(
                step(),
                state(phase, idleSeconds),
                stream == null ? null : stream.status(),
                listener.troubles(),
                steps.learningRate(),
                versions.published().orElse(null),
                drift.teacherLoss(),
                drift.studentKl(),
                run.stages());
    }

    /** Nanoseconds so far that went into what is done between steps. */
    public long besidesNanos() {
        return run == null ? 0 : run.besidesNanos();
    }

    private static StatusFile.State state(RunActor.Phase phase, double idleSeconds) {
        return switch (phase) {
            case PAUSED -> StatusFile.State.PAUSED;
            case ENDED -> StatusFile.State.PARKED;
            case BEFORE, RUNNING, IDLE, DRAINING, PARKING ->
                idleSeconds > WAITING_SECONDS ? StatusFile.State.WAITING : StatusFile.State.RUNNING;
        };
    }

    /** Ends the run after the step in flight, with a checkpoint and without a model; does not wait. */
    public void park() {
        run.park();
    }

    /** Returns when the run is closed. */
    public void awaitClosed() {
        closed.join();
    }

    /** Whether a run that has ended can be taken up again: it has been parked, or its steps were done. */
    public boolean isParked() {
        return run.isParked();
    }

    @Override
    public void close() {
        LiveBatches stream = live;
        if (stream != null) {
            stream.close();
        }
        try {
            run.close();
            closeAll();
        } finally {
            closed.complete(null);
        }
    }

    /** The last that was opened first. */
    private void closeAll() {
        for (AutoCloseable part : owned.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                throw e instanceof RuntimeException cause ? cause : new IllegalStateException(e);
            }
        }
        owned.clear();
    }
}
