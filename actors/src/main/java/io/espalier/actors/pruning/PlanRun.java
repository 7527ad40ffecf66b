package io.espalier.actors.pruning;

import io.espalier.actors.card.CardFacts;
import io.espalier.actors.card.CardFile;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.ArchitectureSearch;
import io.espalier.gpu.prune.ArchitectureSearch.Budget;
import io.espalier.gpu.prune.Compensation;
import io.espalier.gpu.prune.Pruner;
import io.espalier.gpu.prune.PruningPlan;
import java.nio.file.Path;
import java.util.List;

/** A plan applied as it stands: surgery alone. */
public final class PlanRun {
    private PlanRun() {}

    /**
     * Cuts the model.
     *
     * @param dry whether only to say what it would come to
     */
    public static PruneOutcome run(
            Path model, Path planFile, Budget serving, Path out, long maxShardBytes, boolean dry) {
        StagedDirectory.requireFree(out);
        PruningPlan plan = PruningPlan.read(planFile);
        Path refit = plan.compensation().refit().isEmpty() ? null : planFile.resolveSibling(Compensation.REFIT_FILE);
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            ModelConfig original = directory.config();
            ModelConfig pruned = plan.apply(original);
            if (!dry) {
                Pruner.prune(
                        directory,
                        plan,
                        refit,
                        out,
                        maxShardBytes,
                        written -> CardFile.put(written, CardFacts.ofCut(written, directory, plan, out)));
            }
            return new PruneOutcome(
                    original,
                    new PruneOutcome.Cost(ArchitectureSearch.cost(original, original, serving), Double.NaN),
                    new PruneOutcome.Cost(ArchitectureSearch.cost(original, pruned, serving), Double.NaN),
                    plan,
                    null,
                    null,
                    null,
                    null,
                    null,
                    List.of(),
                    null,
                    null);
        }
    }
}
