package io.espalier.actors.pruning;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.ArchitectureSearch;
import io.espalier.gpu.prune.ArchitectureSearch.Candidate;
import io.espalier.gpu.prune.ExpectedDamage;
import io.espalier.gpu.prune.LatencyTable;
import io.espalier.gpu.prune.SearchSpace;
import io.espalier.gpu.torch.Torch;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The shapes within a budget, and those worth a look. */
public final class CandidateSearch {
    private CandidateSearch() {}

    /**
     * The result of a search.
     *
     * @param combinations shapes of the search space
     * @param feasible those within the budget, the largest first
     * @param candidates those to look at, in the same order
     * @param millis measured time of a forward pass of each feasible one; empty unless latency is limited
     */
    public record Found(
            int combinations, List<Candidate> feasible, List<Candidate> candidates, Map<Candidate, Double> millis) {}

    /**
     * Searches from the configuration alone, but for a limit on latency, which is measured on the device.
     *
     * @param damage from scores; null without them
     */
    public static Found find(ModelConfig model, Goal.Within goal, ExpectedDamage damage, ComputeSettings compute) {
        SearchSpace space = SearchSpace.of(model, goal.limits());
        List<Candidate> feasible = ArchitectureSearch.feasible(model, space, goal.budget());
        Map<Candidate, Double> millis = new HashMap<>();
        if (goal.limitsLatency()) {
            feasible = fastEnough(model, goal, feasible, compute, millis);
        }
        List<Candidate> candidates =
                ArchitectureSearch.shortlist(feasible, goal.topK(), goal.spread(), damage == null ? null : damage::of);
        return new Found(space.combinations(), feasible, candidates, millis);
    }

    private static List<Candidate> fastEnough(
            ModelConfig model,
            Goal.Within goal,
            List<Candidate> feasible,
            ComputeSettings compute,
            Map<Candidate, Double> millis) {
        try (Torch torch = compute.open()) {
            LatencyTable table = new LatencyTable(
                    torch, model, goal.budget().batch(), goal.budget().seqLength());
            feasible.forEach(candidate -> millis.put(candidate, table.millis(candidate)));
        }
        List<Candidate> fast = feasible.stream()
                .filter(candidate -> millis.get(candidate) <= goal.latencyMillis())
                .toList();
        if (fast.isEmpty()) {
            double fastest =
                    millis.values().stream().min(Comparator.naturalOrder()).orElseThrow();
            throw Refused.invalid(
                    "plan",
                    "fastest feasible shape",
                    String.format(java.util.Locale.ROOT, "%.1f ms", fastest),
                    "must be at most --target-latency " + goal.latencyMillis() + " ms");
        }
        return fast;
    }
}
