package io.espalier.actors.job;

import io.espalier.actors.rank.RankLink;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.proto.state.ValidationState;
import io.espalier.streams.distill.TeacherPort;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Scores the student between two steps, on the ranks that train it, and keeps the best as a model of its own. Used by one
 * step at a time.
 */
final class Validator {
    private final Validation settings;
    private final Map<String, List<TokenBatch>> files;
    private final long steps;
    private final BestModel best;
    private final Consumer<Validated> onValidated;
    private ValidationState state;

    /**
     * @param files held-out batches by the file they come from; empty for no validation
     * @param steps of the whole run
     * @param begin what an earlier run found
     */
    Validator(
            Validation settings,
            Map<String, List<TokenBatch>> files,
            long steps,
            Path out,
            ValidationState begin,
            Consumer<Validated> onValidated) {
        this.settings = settings;
        this.files = files;
        this.steps = steps;
        this.best = new BestModel(out);
        this.state = begin;
        this.onValidated = onValidated;
    }

    /** Of a run that has none. */
    static Validator off() {
        return new Validator(Validation.NONE, Map.of(), 0, Path.of("."), ValidationState.getDefaultInstance(), _ -> {});
    }

    /**
     * Takes in each step; the stage completes when the next may begin.
     *
     * @param teacher null where there is none
     */
    CompletionStage<StepReport> after(RankLink student, TeacherPort teacher, StepReport report) {
        boolean due = report.complete() && (report.step() % settings.every() == 0 || report.step() == steps);
        if (files.isEmpty() || !due) {
            return CompletableFuture.completedFuture(report);
        }
        CompletionStage<Map<String, Scores>> scores = CompletableFuture.completedFuture(new LinkedHashMap<>());
        for (Map.Entry<String, List<TokenBatch>> file : files.entrySet()) {
            for (TokenBatch batch : file.getValue()) {
                scores =
                        scores.thenCompose(sum -> score(student, teacher, batch).thenApply(more -> {
                            sum.merge(file.getKey(), more, Scores::plus);
                            return sum;
                        }));
            }
        }
        return scores.thenCompose(found -> judge(student, new Validated(report.step(), found, teacher != null, false)))
                .thenApply(_ -> report);
    }

    private static CompletionStage<Scores> score(RankLink student, TeacherPort teacher, TokenBatch batch) {
        if (teacher == null) {
            return student.ask(reply -> new RankWorker.Score(batch, null, reply));
        }
        return teacher.forward(batch).thenCompose(signal -> scoreAgainst(student, batch, signal));
    }

    private static CompletionStage<Scores> scoreAgainst(RankLink student, TokenBatch batch, TeacherSignal signal) {
        return student.<Scores>ask(reply -> new RankWorker.Score(batch, signal, reply))
                .whenComplete((_, _) -> signal.close());
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
        return better ? best.save(student, found.step()) : CompletableFuture.completedFuture(null);
    }

    /** What a run that goes on from here must know. */
    ValidationState state() {
        return state;
    }

    /** Whether the run has gone on for long enough without becoming better. */
    boolean enough() {
        return settings.patience() > 0 && state.getWorse() >= settings.patience();
    }
}
