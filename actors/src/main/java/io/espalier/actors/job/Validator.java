package io.espalier.actors.job;

import io.espalier.actors.rank.RankLink;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.train.StepReport;
import io.espalier.proto.state.ValidationState;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Scores the student between two steps, and keeps the best as a model of its own. Used by one step at a time. */
final class Validator {
    private final Validation settings;
    private final HeldOut heldOut;
    private final long steps;
    private final BestModel best;
    private final Consumer<Validated> onValidated;
    private ValidationState state;

    /**
     * Makes a validator for a run that begins anew or goes on.
     *
     * @param steps of the whole run
     * @param card written with the best student
     * @param begin what an earlier run found
     */
    Validator(
            Validation settings,
            HeldOut heldOut,
            long steps,
            Path out,
            RunCard card,
            ValidationState begin,
            Consumer<Validated> onValidated) {
        this.settings = settings;
        this.heldOut = heldOut;
        this.steps = steps;
        this.best = new BestModel(out, card);
        this.state = begin;
        this.onValidated = onValidated;
    }

    /** Makes a validator for a run that has no validation. */
    static Validator off() {
        return new Validator(
                Validation.NONE,
                HeldOut.NONE,
                0,
                Path.of("."),
                RunCard.off(),
                ValidationState.getDefaultInstance(),
                _ -> {});
    }

    /** Takes in each step; the stage completes when the next may begin. */
    CompletionStage<Void> after(RunRanks ranks, StepReport report) {
        boolean due = report.complete() && (report.step() % settings.every() == 0 || report.step() == steps);
        if (heldOut.files().isEmpty() || !due) {
            return CompletableFuture.completedFuture(null);
        }
        boolean taught = ranks.teacher() != null;
        return heldOut.score(ranks)
                .thenCompose(rows -> judge(ranks.student(), new Validated(report.step(), sums(rows), taught, false)));
    }

    private static Map<String, Scores> sums(Map<String, List<Scores>> rows) {
        Map<String, Scores> sums = new LinkedHashMap<>();
        rows.forEach((file, each) -> sums.put(file, each.stream().reduce(Scores.NONE, Scores::plus)));
        return sums;
    }

    private CompletionStage<Void> judge(RankLink student, Validated found) {
        boolean better = state.getBestStep() == 0 || found.score() < state.getBest();
        state = better
                ? ValidationState.newBuilder()
                        .setBestStep(found.step())
                        .setBest(found.score())
                        .build()
                : state.toBuilder().setWorse(state.getWorse() + 1).build();
        onValidated.accept(new Validated(found.step(), found.files(), found.taught(), better));
        return better ? best.save(student, found) : CompletableFuture.completedFuture(null);
    }

    /** The state that a run needs to go on from here. */
    ValidationState state() {
        return state;
    }

    /** Whether the run has gone on for long enough without becoming better. */
    boolean enough() {
        return settings.patience() > 0 && state.getWorse() >= settings.patience();
    }
}
