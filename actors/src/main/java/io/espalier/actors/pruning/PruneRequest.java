package io.espalier.actors.pruning;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.gpu.prune.ArchitectureSearch.Budget;
import io.espalier.gpu.prune.ImportanceSettings;
import io.espalier.streams.source.HeldOutText;
import java.nio.file.Path;
import java.util.Set;

/**
 * A model to prune.
 *
 * @param goal how far
 * @param importance how it is read out of calibration
 * @param calibration text; null where stored scores serve
 * @param scores file of scores: read where it exists, else written; null for none
 * @param repairs what is compensated
 * @param refit settings of {@link Repair#REFIT}
 * @param comparison of candidates; null where there is nothing to compare with
 * @param serving batch and length that memory and latency are told for
 * @param out where the pruned model goes
 */
public record PruneRequest(
        Path model,
        Goal goal,
        ImportanceSettings importance,
        CalibrationText calibration,
        Path scores,
        Set<Repair> repairs,
        RefitSettings refit,
        Comparison comparison,
        Budget serving,
        ComputeSettings compute,
        Path out,
        long maxShardBytes) {
    public PruneRequest {
        repairs = Set.copyOf(repairs);
        if (calibration != null && comparison != null && comparison.heldOut() != null) {
            HeldOutText.requireApart(
                    calibration.text().files(), comparison.heldOut().files());
        }
    }
}
