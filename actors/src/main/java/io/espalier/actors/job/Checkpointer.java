package io.espalier.actors.job;

import io.espalier.actors.rank.RankLink;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.Snapshot;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.TrainingCheckpoint;
import io.espalier.proto.state.TrainingState;
import io.espalier.proto.state.ValidationState;
import io.espalier.streams.batch.TextPosition;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Writes checkpoints while training goes on. The next step waits for the copy of the student's state, and for the writing
 * of the checkpoint before, never for this one's. A checkpoint that cannot be written ends the run.
 */
final class Checkpointer {
    static final String STATE_FILE = "state.pb";
    static final String SETTINGS_FILE = "settings.json";

    private final CheckpointStore store;
    private final Checkpointing settings;
    private final CommitAuthority authority;
    private final Path out;
    private final byte[] run;
    private CompletableFuture<Void> writing = CompletableFuture.completedFuture(null);
    private TrainingState state;
    /** As of the last complete global batch. */
    private TrainingState complete;

    private long written;

    /**
     * @param store null where no checkpoints are wanted
     * @param out the run's directory, as messages name it
     * @param run the run's settings, as stored
     * @param state where the run begins
     */
    Checkpointer(
            CheckpointStore store,
            Checkpointing settings,
            CommitAuthority authority,
            Path out,
            byte[] run,
            TrainingState state) {
        this.store = store;
        this.settings = settings;
        this.authority = authority;
        this.out = out;
        this.run = run;
        this.state = state;
        this.complete = state;
        this.written = state.getStep();
    }

    /** Of a run that writes none. */
    static Checkpointer off() {
        return new Checkpointer(
                null,
                Checkpointing.NONE,
                CommitAuthority.ALONE,
                Path.of("."),
                new byte[0],
                TrainingState.getDefaultInstance());
    }

    /** Takes in each step; the stage completes when the next may begin. */
    CompletionStage<StepReport> after(
            RankLink student, StepReport report, TokenBatch batch, ValidationState validation) {
        if (store == null) {
            return CompletableFuture.completedFuture(report);
        }
        long skipped = report.outcome() == StepReport.Outcome.SKIPPED ? 1 : 0;
        state = state.toBuilder()
                .setStep(report.step())
                .setMicroBatches(batch.sequence() + 1)
                .setTokens(state.getTokens() + report.targets())
                .setSkipped(state.getSkipped() + skipped)
                .setText(((TextPosition) batch.next()).stored())
                .setValidation(validation)
                .build();
        if (!report.complete()) {
            return CompletableFuture.completedFuture(report);
        }
        complete = state;
        return report.step() % settings.every() == 0
                ? take(student).thenApply(_ -> report)
                : CompletableFuture.completedFuture(report);
    }

    private CompletionStage<Void> take(RankLink student) {
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

    private void write(Snapshot snapshot, TrainingState now) {
        try (snapshot) {
            TrainingCheckpoint.write(
                    store.place(now.getStep()),
                    snapshot,
                    Map.of(STATE_FILE, now.toByteArray(), SETTINGS_FILE, run),
                    authority.origin(),
                    manifestSha256 -> commit(now.getStep(), manifestSha256));
        }
        FaultPoint.CHECKPOINT_COMMITTED.reached();
        // Had another process begun meanwhile, it may have done so from one of those that are older.
        CommitAuthority.require(authority.affirm(), out);
        store.keep(settings.keep());
    }

    private void commit(long step, String manifestSha256) {
        CommitAuthority.require(authority.commit(step, manifestSha256), out);
        FaultPoint.COMMIT_GRANTED.reached();
        store.makeRoom(step);
    }

    /**
     * Writes what a run that was stopped early has done since its last checkpoint, and waits for all writing. After it the
     * model may be saved: a run that is no longer its job's is refused.
     */
    void end(RankLink student, boolean early) {
        if (store != null && early && complete.getStep() > written) {
            join(take(student).toCompletableFuture());
        }
        join(writing);
        CommitAuthority.require(authority.affirm(), out);
    }

    private static void join(CompletableFuture<?> stage) {
        try {
            stage.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
