package io.espalier.actors.pruning;

import io.espalier.actors.pruning.CandidateSearch.Found;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.ArchitectureSearch.Candidate;
import io.espalier.gpu.prune.Importance;
import io.espalier.gpu.prune.ImportanceSettings;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.prune.ScoresFile;
import java.util.List;

/**
 * Everything that a prune job found and chose.
 *
 * @param original configuration before
 * @param before the original's costs
 * @param after the chosen shape's
 * @param plan what was done
 * @param scores null where nothing was calibrated
 * @param settings how {@code importance} was read out
 * @param importance null likewise
 * @param search null where the user named the sizes
 * @param teacher the original's own quality; null where nothing was compared
 * @param trials the candidates, the chosen one first
 * @param result quality of what was cut, all compensation in place; null where nothing was compared
 * @param compared how; null where nothing was
 */
public record PruneOutcome(
        ModelConfig original,
        Cost before,
        Cost after,
        PruningPlan plan,
        ScoresFile scores,
        ImportanceSettings settings,
        Importance importance,
        Found search,
        Quality teacher,
        List<Trial> trials,
        Quality result,
        Comparison compared) {
    /**
     * A shape with its cost.
     *
     * @param millis measured time of a forward pass of the served batch; NaN where it was not measured
     */
    public record Cost(Candidate shape, double millis) {}

    public PruneOutcome {
        trials = List.copyOf(trials);
    }
}
