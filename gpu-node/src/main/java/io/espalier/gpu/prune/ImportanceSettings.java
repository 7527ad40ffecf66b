package io.espalier.gpu.prune;

/**
 * The settings by which importance is read out of calibration's sums.
 *
 * @param normaliseHooks whether each norm's scores are divided by their mean before they are summed into those of the
 *     residual stream, so that layers with large gains do not outvote the others; the reference does not
 * @param experts how experts are compared
 */
public record ImportanceSettings(
        Aggregation aggregation, DepthCriterion depth, boolean normaliseHooks, ExpertCriterion experts) {
    /** Experts compared by REAP. */
    public ImportanceSettings(Aggregation aggregation, DepthCriterion depth, boolean normaliseHooks) {
        this(aggregation, depth, normaliseHooks, ExpertCriterion.REAP);
    }

    public static final ImportanceSettings REFERENCE =
            new ImportanceSettings(Aggregation.MINITRON, DepthCriterion.BLOCK_INFLUENCE, false);
}
