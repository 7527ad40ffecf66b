package io.espalier.actors.job;

import io.espalier.actors.rank.RankLink;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.batch.Cursor;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.Snapshot;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.TrainingCheckpoint;
import io.espalier.proto.state.TrainingState;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Writes checkpoints while training goes on. The next step waits for the copy of the student's state, and for the writing
 * of the checkpoint before, never for this one's. A checkpoint that cannot be written ends the run.
 */
public final class Checkpointer {
    static final String STATE_FILE = "state.pb";
    static final String SETTINGS_FILE = "settings.json";

    private final CheckpointStore store;
    private final Checkpointing settings;
    private final CommitAuthority authority;
    private final Path out;
    private final byte[] run;
    private final BiConsumer<TrainingState.Builder, Cursor> position;
    private final Listener listener;
    private CompletableFuture<Void> writing = CompletableFuture.completedFuture(null);
    private TrainingState state;
    /** The state after the last complete global batch. */
    private TrainingState complete;

    private long written;

    /** Told of each checkpoint that is part of the run's history, by the thread that has written it. */
    @FunctionalInterface
    public interface Listener {
        /**
         * It is on disk, and granted.
         *
         * @param manifestSha256 digest of the checkpoint
         */
        void committed(TrainingState state, Path checkpoint, String manifestSha256);
    }

    /**
     * Makes a checkpointer for a run that begins anew or goes on.
     *
     * @param store null where no checkpoints are wanted
     * @param out the run's directory, as messages name it
     * @param run the run's settings, as stored
     * @param state where the run begins
     * @param position enters where the stream of its batches goes on
     */
    Checkpointer(
            CheckpointStore store,
            Checkpointing settings,
            CommitAuthority authority,
            Path out,
            byte[] run,
            TrainingState state,
            BiConsumer<TrainingState.Builder, Cursor> position,
            Listener listener) {
        this.store = store;
        this.settings = settings;
        this.authority = authority;
        this.out = out;
        this.run = run;
        this.state = state;
        this.complete = state;
        this.written = state.getStep();
        this.position = position;
        this.listener = listener;
    }

    /** Makes a checkpointer for a run that writes no checkpoints. */
    static Checkpointer off() {
        return new Checkpointer(
                null,
                Checkpointing.NONE,
                CommitAuthority.ALONE,
                Path.of("."),
                new byte[0],
                TrainingState.getDefaultInstance(),
                (_, _) -> {},
                (_, _, _) -> {});
    }

    /** Takes in each step. */
    public void accept(StepReport report, TokenBatch batch) {
        if (store == null) {
            return;
        }
        long skipped = report.outcome() == StepReport.Outcome.SKIPPED ? 1 : 0;
        TrainingState.Builder next = state.toBuilder()
                .setStep(report.step())
                .setMicroBatches(batch.sequence() + 1)
                .setTokens(state.getTokens() + report.targets())
                .setSkipped(state.getSkipped() + skipped);
        position.accept(next, batch.next());
        state = next.build();
        if (report.complete()) {
            complete = state;
        }
    }

    /** Enters what else a run that goes on from here must know. */
    public void amend(Consumer<TrainingState.Builder> more) {
        state = amended(state, more);
        complete = amended(complete, more);
    }

    private static TrainingState amended(TrainingState state, Consumer<TrainingState.Builder> more) {
        TrainingState.Builder builder = state.toBuilder();
        more.accept(builder);
        return builder.build();
    }

    /** The state after the last complete global batch. */
    public TrainingState state() {
        return complete;
    }

    /** Whether a checkpoint is wanted after a step. */
    public boolean isDue(StepReport report) {
        return store != null && report.complete() && report.step() % settings.every() == 0;
    }

    /** Begins a checkpoint of the last complete global batch; the stage completes when the next step may begin. */
    public CompletionStage<Void> take(RankLink student) {
        TrainingState now = complete;
        return writing.thenCompose(_ -> student.<Snapshot>ask(RankWorker.TakeSnapshot::new))
                .thenAccept(snapshot -> {
                    FaultPoint.SNAPSHOT_TAKEN.reached();
                    written = now.getStep();
                    writing = CompletableFuture.runAsync(
                            () -> write(snapshot, now),
                            task -> Thread.ofPlatform()
                                    .name("checkpoint-writer")
                                    .start(task));
                });
    }

    /** Completes when the checkpoint that was begun last is part of the run's history. */
    public CompletionStage<Void> committed() {
        return writing;
    }

    private void write(Snapshot snapshot, TrainingState now) {
        Path place = store.place(now.getStep());
        String[] digest = new String[1];
        try (snapshot) {
            TrainingCheckpoint.write(
                    place,
                    snapshot,
                    Map.of(STATE_FILE, now.toByteArray(), SETTINGS_FILE, run),
                    authority.origin(),
                    manifestSha256 -> {
                        digest[0] = manifestSha256;
                        commit(now.getStep(), manifestSha256);
                    });
        }
        FaultPoint.CHECKPOINT_COMMITTED.reached();
        // Had another process begun meanwhile, it may have done so from one of those that are older.
        CommitAuthority.require(authority.affirm(), out);
        listener.committed(now, place, digest[0]);
        store.keep(settings.keep());
    }

    private void commit(long step, String manifestSha256) {
        CommitAuthority.require(authority.commit(step, manifestSha256), out);
        FaultPoint.COMMIT_GRANTED.reached();
        store.makeRoom(step);
    }

    /** Writes a copy of a student's state as it is now, outside of the run's history; the place must not exist. */
    public void copy(Path place, Snapshot snapshot) {
        TrainingCheckpoint.write(
                place,
                snapshot,
                Map.of(STATE_FILE, complete.toByteArray(), SETTINGS_FILE, run),
                authority.origin(),
                _ -> {});
    }

    /**
     * Writes what a run that was stopped early has done since its last checkpoint, and waits for all writing. After it the
     * model may be saved: a run that is no longer its job's is refused.
     */
    public void end(RankLink student, boolean early) {
        if (store != null && early && complete.getStep() > written) {
            Awaited.of(take(student));
        }
        Awaited.of(writing);
        CommitAuthority.require(authority.affirm(), out);
    }
}
