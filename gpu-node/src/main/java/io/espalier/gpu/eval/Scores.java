package io.espalier.gpu.eval;

/**
 * Sums over evaluated targets; means per token are derived, so that scores of parts add up to those of the whole.
 *
 * @param tokens targets counted
 * @param lossSum negative log-likelihood of the targets, nats
 * @param klSum KL(teacher ‖ model), nats; 0 without a teacher
 * @param teacherLossSum the teacher's own negative log-likelihood, nats
 * @param agreements positions where both models' likeliest token is the same
 */
public record Scores(long tokens, double lossSum, double klSum, double teacherLossSum, long agreements) {
    public static final Scores NONE = new Scores(0, 0, 0, 0, 0);

    public Scores plus(Scores other) {
        return new Scores(
                tokens + other.tokens,
                lossSum + other.lossSum,
                klSum + other.klSum,
                teacherLossSum + other.teacherLossSum,
                agreements + other.agreements);
    }

    /** Mean negative log-likelihood, nats per token. */
    public double loss() {
        return lossSum / tokens;
    }

    public double perplexity() {
        return Math.exp(loss());
    }

    /** Mean KL(teacher ‖ model), nats per token. */
    public double kl() {
        return klSum / tokens;
    }

    public double teacherLoss() {
        return teacherLossSum / tokens;
    }

    /** Share of positions, 0 to 1, where the likeliest tokens agree. */
    public double top1Agreement() {
        return (double) agreements / tokens;
    }
}
