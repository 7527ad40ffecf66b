package io.espalier.actors.job;

import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run of so many steps: it validates, writes checkpoints, and saves its student at the end. */
final class FiniteRun implements BetweenSteps {
    private static final Logger LOG = LoggerFactory.getLogger(FiniteRun.class);

    private final Validator validator;
    private final Checkpointer checkpoints;
    private final RunCard card;
    private final Path out;
    private RunRanks ranks;
    /** Global batches at the end of the run, so far, that were passed over. */
    private int passedOver;

    private boolean learnt;

    /** @param out where the student is written at the end */
    FiniteRun(Validator validator, Checkpointer checkpoints, RunCard card, Path out) {
        this.validator = validator;
        this.checkpoints = checkpoints;
        this.card = card;
        this.out = out;
    }

    @Override
    public CompletionStage<Void> begin(RunRanks of) {
        ranks = of;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> after(StepReport report, TokenBatch batch) {
        checkpoints.accept(report, batch);
        card.accept(report);
        switch (report.outcome()) {
            case ACCUMULATED -> {}
            case STEPPED -> {
                passedOver = 0;
                learnt = true;
            }
            case SKIPPED -> passedOver++;
        }
        return validator.after(ranks, report).thenCompose(_ -> {
            checkpoints.amend(state -> state.setValidation(validator.state()));
            return checkpoints.isDue(report)
                    ? checkpoints.take(ranks.student())
                    : CompletableFuture.completedFuture(null);
        });
    }

    @Override
    public CompletionStage<Optional<JobOrder>> look(JobOrder order) {
        LOG.error("refused {}: only a continual job takes orders", order);
        return CompletableFuture.completedFuture(Optional.empty());
    }

    @Override
    public void take(JobOrder order) {
        throw new IllegalStateException("no order was let in: " + order);
    }

    /** Weights that nothing could be learnt with are no result; the last checkpoint stays to be looked at. */
    private void requireLearnt() {
        boolean nothing = !learnt && passedOver > 0;
        if (nothing || passedOver > 1) {
            throw Refused.invalid(
                    out,
                    nothing ? "every step" : "each of the last " + passedOver + " steps",
                    "passed over, its loss or gradient being no number",
                    "must be finite at the end; " + Quarantine.FILE + " has the batches");
        }
    }

    @Override
    public boolean enough() {
        return validator.enough();
    }

    @Override
    public CompletionStage<Path> end(boolean early, boolean parked) {
        checkpoints.end(ranks.student(), early);
        if (!parked) {
            requireLearnt();
        }
        FaultPoint.TRAINING_ENDED.reached();
        if (parked) {
            return CompletableFuture.completedFuture(out);
        }
        card.write(out);
        return ranks.student().ask(reply -> new RankWorker.Save(out, reply));
    }
}
