package io.espalier.actors.job;

import com.google.protobuf.InvalidProtocolBufferException;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Cursor;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.train.TrainingCheckpoint;
import io.espalier.proto.state.TrainingState;
import io.espalier.streams.batch.DocumentAttention;
import io.espalier.streams.batch.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The output directory of a run: empty, or with the checkpoint that the run goes on from. Owns both. */
public final class RunDirectory implements AutoCloseable {
    private final Checkpointing settings;
    private final CommitAuthority authority;
    private final Path out;
    /** Null where the run neither writes nor reads checkpoints. */
    private final CheckpointStore store;

    private final byte[] run;
    private final TrainingCheckpoint resumed;
    private final TrainingState begin;

    private RunDirectory(
            TrainRequest request,
            CommitAuthority authority,
            CheckpointStore store,
            byte[] run,
            TrainingCheckpoint resumed,
            TrainingState begin) {
        this.settings = request.checkpoints();
        this.authority = authority;
        this.out = request.out();
        this.store = store;
        this.run = run;
        this.resumed = resumed;
        this.begin = begin;
    }

    /**
     * The run as it was begun: one that goes on from a checkpoint of before documents could be separate keeps them shared.
     *
     * @param say told so
     */
    public static TrainRequest asBegun(TrainRequest request, Consumer<String> say) {
        Path settings = request.checkpoints().resume() ? CheckpointStore.newestSettings(request.out()) : null;
        if (settings == null || request.text().documents() == DocumentAttention.SHARED) {
            return request;
        }
        try {
            if (!RunSettings.knowsNoDocuments(settings, Files.readAllBytes(settings))) {
                return request;
            }
        } catch (IOException | UncheckedIOException e) {
            // A damaged checkpoint is passed over, with what is wrong with it, where checkpoints are opened.
            return request;
        }
        say.accept("documents see each other, as the run began: document-attention stays shared");
        return request.with(DocumentAttention.SHARED);
    }

    /**
     * Refuses a checkpoint of other models, another tokenizer, or settings that may not differ; changes nothing before the
     * authority has granted the beginning.
     */
    public static RunDirectory open(
            TrainRequest request, Tokenizer tokenizer, CommitAuthority authority, Consumer<String> say) {
        Checkpointing settings = request.checkpoints();
        if (settings.every() == 0 && !settings.resume()) {
            CommitAuthority.require(authority.begin(0), request.out());
            return new RunDirectory(request, authority, null, new byte[0], null, TrainingState.getDefaultInstance());
        }
        RunSettings mine = RunSettings.of(request, tokenizer);
        CheckpointStore store = new CheckpointStore(request.out(), authority);
        TrainingCheckpoint newest = null;
        try {
            newest = settings.resume() ? store.newest(say) : null;
            TrainingState begin = TrainingState.getDefaultInstance();
            if (newest != null) {
                byte[] then = newest.file(Checkpointer.SETTINGS_FILE);
                if (request.text().documents() == DocumentAttention.SHARED
                        && RunSettings.knowsNoDocuments(newest.path(), then)) {
                    mine = mine.withoutDocuments();
                }
                mine.requireSame(newest.path(), then, settings.override());
                begin = state(newest);
            }
            requireMore(request, begin);
            CommitAuthority.require(authority.begin(begin.getStep()), request.out());
            store.clear();
            say(request, newest, say);
            return new RunDirectory(request, authority, store, mine.stored(), newest, begin);
        } catch (RuntimeException e) {
            if (newest != null) {
                newest.close();
            }
            store.close();
            throw e;
        }
    }

    private static TrainingState state(TrainingCheckpoint checkpoint) {
        try {
            return TrainingState.parseFrom(checkpoint.file(Checkpointer.STATE_FILE));
        } catch (InvalidProtocolBufferException e) {
            throw Refused.invalid(checkpoint.path(), Checkpointer.STATE_FILE, e.getMessage(), "must be a state");
        }
    }

    /** A run may have died between its last step and its model: then there is the model left to write. */
    private static void requireMore(TrainRequest request, TrainingState begin) {
        boolean done = Files.exists(request.out().resolve("config.json"));
        if (begin.getStep() > request.steps() || (begin.getStep() == request.steps() && done)) {
            throw new Refused(
                    Refused.Reason.WRONG_STATE,
                    request.out() + ": its " + begin.getStep() + " steps are done: --steps " + request.steps()
                            + " must be more, with --override steps");
        }
    }

    private static void say(TrainRequest request, TrainingCheckpoint newest, Consumer<String> say) {
        if (newest != null) {
            say.accept("going on from " + newest.path());
            forgetModel(request);
        } else if (request.checkpoints().resume()) {
            StagedDirectory.requireNoModel(request.out());
            say.accept("no checkpoint in " + request.out() + ": beginning anew");
        }
    }

    /** A run that was stopped early has left a checkpoint of where it stopped; one that was not may have none. */
    static boolean isDone(TrainRequest request) {
        long newest = CheckpointStore.newestStep(request.out());
        return Files.exists(request.out().resolve("config.json")) && (newest == 0 || newest >= request.steps());
    }

    /** The model of a run that was stopped early: it is complete again when this run has ended. */
    private static void forgetModel(TrainRequest request) {
        try {
            Files.deleteIfExists(request.out().resolve("config.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(request.out().toString(), e);
        }
    }

    /**
     * Makes the writer of the run's checkpoints.
     *
     * @param position enters where the stream of its batches goes on
     */
    public Checkpointer checkpointer(
            BiConsumer<TrainingState.Builder, Cursor> position, Checkpointer.Listener listener) {
        return new Checkpointer(
                settings.every() > 0 ? store : null, settings, authority, out, run, begin, position, listener);
    }

    /** All that decides what the run computes, as stored. */
    public byte[] settings() {
        return run.clone();
    }

    /** The checkpoint that the run goes on from; null where it begins anew. */
    public TrainingCheckpoint resumed() {
        return resumed;
    }

    /** The state that the run begins with. */
    public TrainingState begin() {
        return begin;
    }

    @Override
    public void close() {
        if (resumed != null) {
            resumed.close();
        }
        if (store != null) {
            store.close();
        }
    }
}
