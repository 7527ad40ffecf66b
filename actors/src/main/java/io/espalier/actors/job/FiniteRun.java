package io.espalier.actors.job;

import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A run of so many steps: it validates, writes checkpoints, and saves its student at the end. */
final class FiniteRun implements BetweenSteps {
    private final Validator validator;
    private final Checkpointer checkpoints;
    private final Path out;
    private RunRanks ranks;

    /** @param out where the student is written at the end */
    FiniteRun(Validator validator, Checkpointer checkpoints, Path out) {
        this.validator = validator;
        this.checkpoints = checkpoints;
        this.out = out;
    }

    @Override
    public CompletionStage<Void> begin(RunRanks of) {
        ranks = of;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<Void> before(TokenBatch batch) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<StepReport> after(StepReport report, TokenBatch batch) {
        checkpoints.accept(report, batch);
        return validator
                .after(ranks, report)
                .thenCompose(_ -> {
                    checkpoints.amend(state -> state.setValidation(validator.state()));
                    return checkpoints.isDue(report)
                            ? checkpoints.take(ranks.student())
                            : CompletableFuture.completedFuture(null);
                })
                .thenApply(_ -> report);
    }

    @Override
    public boolean enough() {
        return validator.enough();
    }

    @Override
    public CompletionStage<Path> end(boolean early, boolean parked) {
        checkpoints.end(ranks.student(), early);
        FaultPoint.TRAINING_ENDED.reached();
        return parked
                ? CompletableFuture.completedFuture(out)
                : ranks.student().ask(reply -> new RankWorker.Save(out, reply));
    }
}
