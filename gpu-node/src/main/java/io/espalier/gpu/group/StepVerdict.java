package io.espalier.gpu.group;

/**
 * The decision on a complete global batch. It follows from the norms of the blocks and the losses alone.
 *
 * @param norm global L2 norm of the mean gradient, before clipping
 * @param moves whether the optimiser moves; not where a loss or a gradient is not finite
 * @param factor of every gradient: the mean over targets, and clipping
 */
public record StepVerdict(double norm, boolean moves, double factor) {
    /** Keeps the clipped norm's divisor away from zero, as PyTorch's clip_grad_norm_ does. */
    private static final double EPSILON = 1e-6;

    /**
     * The verdict.
     *
     * @param blockNorms L2 norm of the summed gradient of each block, in their order; a norm is finite only if every
     *     element is, so the weights never see a NaN
     * @param clip largest norm
     */
    public static StepVerdict of(float[] blockNorms, Tally tally, double clip) {
        double squares = 0;
        for (float blockNorm : blockNorms) {
            squares += (double) blockNorm * blockNorm;
        }
        double norm = Math.sqrt(squares) * tally.mean();
        boolean moves = Double.isFinite(norm) && tally.finite();
        return new StepVerdict(norm, moves, tally.mean() * Math.min(1.0, clip / (norm + EPSILON)));
    }
}
