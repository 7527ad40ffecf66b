package io.espalier.actors.pruning;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.WorkDirectory;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.prune.PrunedModel;
import io.espalier.gpu.prune.PruningPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/** Compares candidates zero-shot and, where asked for, after short distillations. */
final class Contest {
    /**
     * The result of a contest.
     *
     * @param teacher the original's own quality
     * @param trials all of them, the winner first
     */
    record Ranked(Quality teacher, List<Trial> trials) {}

    private final ModelDirectory original;
    private final Comparison comparison;
    private final ComputeSettings compute;
    private final Consumer<String> say;

    Contest(ModelDirectory original, Comparison comparison, ComputeSettings compute, Consumer<String> say) {
        this.original = original;
        this.comparison = comparison;
        this.compute = compute;
        this.say = say;
    }

    /** @param text to distil on between comparisons; null where scores are zero-shot */
    Ranked rank(List<Trial> candidates, CalibrationText text, WorkDirectory work) throws IOException {
        try (Judge judge = new Judge(original, comparison, compute)) {
            List<Trial> tried = new ArrayList<>();
            for (Trial candidate : candidates) {
                say.accept("candidate " + (tried.size() + 1) + " of " + candidates.size() + ", zero-shot");
                tried.add(candidate.with(quality(judge, candidate.plan(), null)));
            }
            tried.sort(Comparator.comparingDouble((Trial t) -> t.zeroShot().by(comparison.by()))
                    .reversed());
            List<Trial> ranked = comparison.halving() == null
                    ? tried
                    : new SuccessiveHalving(original, judge, comparison, text.text(), compute, work, say).run(tried);
            return new Ranked(judge.original(), ranked);
        }
    }

    /** Quality of the original cut by a plan. */
    Quality of(PruningPlan plan, Path refit) {
        try (Judge judge = new Judge(original, comparison, compute)) {
            return quality(judge, plan, refit);
        }
    }

    private Quality quality(Judge judge, PruningPlan plan, Path refit) {
        try (SafetensorsFile refitted = refit == null ? null : SafetensorsFile.open(refit);
                PrunedModel pruned = new PrunedModel(original, plan, refitted)) {
            return judge.of(pruned.config(), pruned);
        }
    }
}
