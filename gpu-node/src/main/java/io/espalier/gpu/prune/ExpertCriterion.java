package io.espalier.gpu.prune;

/** A measure of an expert's worth, from sums of calibration over the positions that the router sends to the expert. */
public enum ExpertCriterion {
    /**
     * The mean of its weight times the norm of what it gives. Source: REAP, Router-weighted Expert Activation Pruning
     * (Lasby et al., 2025).
     */
    REAP,
    /** The sum of the norms of what it gives. */
    ACTIVATION;

    /**
     * Scores of experts.
     *
     * @param sums channels of {@link io.espalier.gpu.model.Taps.Site#EXPERTS}: positions, norms and weighted norms
     */
    double[] scores(ChannelSums sums) {
        int experts = sums.channels() / 3;
        double[] scores = new double[experts];
        for (int e = 0; e < experts; e++) {
            double positions = sums.squares(e);
            scores[e] = switch (this) {
                case REAP -> positions == 0 ? 0 : sums.squares(2 * experts + e) / positions;
                case ACTIVATION -> sums.squares(experts + e);
            };
        }
        return scores;
    }
}
