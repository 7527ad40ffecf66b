package io.espalier.actors.pruning;

import io.espalier.gpu.Refused;
import io.espalier.gpu.prune.ArchitectureSearch.Budget;
import io.espalier.gpu.prune.PruningTargets;
import io.espalier.gpu.prune.SearchSpace;

/** The size that the pruned model shall have. */
public sealed interface Goal {
    /** Sizes said by the user. */
    record Explicit(PruningTargets targets) implements Goal {}

    /**
     * Sizes found by search.
     *
     * @param latencyMillis largest time of a forward pass of the budget's batch on this device; NaN for no limit
     * @param topK candidates to look at
     * @param spread how far below the largest one they may lie, as a share of its parameters
     */
    record Within(SearchSpace.Limits limits, Budget budget, double latencyMillis, int topK, double spread)
            implements Goal {
        public Within {
            if (latencyMillis <= 0) {
                throw Refused.usage("--target-latency", latencyMillis, "must be above 0 milliseconds");
            }
            if (topK < 1) {
                throw Refused.usage("--top-k", topK, "must be at least 1");
            }
            if (!(spread >= 0 && spread < 1)) {
                throw Refused.usage("--spread", spread, "must be in [0, 1)");
            }
        }

        public boolean limitsLatency() {
            return !Double.isNaN(latencyMillis);
        }
    }
}
