package io.espalier.actors.job;

import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankLink;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.distill.TeacherPort;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** A teacher on a rank of this process, which another can take the place of. Thread-safe. */
final class OwnTeacher implements TeacherPort {
    private static final String NAME = "teacher";

    private final BiFunction<String, RankFactory, RankLink> start;
    private final Consumer<RankLink> release;
    private final int maxAttempts;

    private RankLink rank;
    private int generation = 1;
    private CompletionStage<?> lastAsked = CompletableFuture.completedFuture(null);
    /** The number of the newest batch that a teacher was asked about. */
    private long newest = -1;
    /**
     * The number of the first batch that the present teacher is asked about; an earlier one may have answered for the
     * batches before.
     */
    private long first;

    /**
     * Starts the first.
     *
     * @param release stops a rank
     * @param maxAttempts to have one answer
     */
    OwnTeacher(
            RankFactory factory,
            BiFunction<String, RankFactory, RankLink> start,
            Consumer<RankLink> release,
            int maxAttempts) {
        this.start = start;
        this.release = release;
        this.maxAttempts = maxAttempts;
        this.rank = start.apply(NAME, factory);
    }

    @Override
    public synchronized CompletionStage<TeacherSignal> forward(TokenBatch batch) {
        newest = Math.max(newest, batch.sequence());
        CompletionStage<TeacherSignal> asked = ask(rank, batch, 1);
        lastAsked = asked;
        return asked;
    }

    /** Asks again when a device failed: the restarted teacher answers the same batch, so none is lost or skipped. */
    private CompletionStage<TeacherSignal> ask(RankLink asked, TokenBatch batch, int attempt) {
        CompletableFuture<TeacherSignal> answer = asked.ask(reply -> new RankWorker.Forward(batch, reply));
        return answer.exceptionallyCompose(
                failure -> attempt < maxAttempts && Awaited.cause(failure) instanceof DeviceFailure
                        ? ask(asked, batch, attempt + 1)
                        : CompletableFuture.failedFuture(failure));
    }

    synchronized void replace(RankFactory factory) {
        RankLink old = rank;
        rank = start.apply(NAME + "-" + ++generation, factory);
        first = newest + 1;
        lastAsked.whenComplete((_, _) -> release.accept(old));
    }

    /** Whether another teacher may have answered what was asked about a batch. */
    synchronized boolean hasBeenReplacedSince(TokenBatch batch) {
        return batch.sequence() < first;
    }
}
