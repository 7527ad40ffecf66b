package io.espalier.gpu.eval;

/**
 * Sums over evaluated targets; means per token are derived, so that scores of parts add up to those of the whole.
 *
 * @param tokens targets counted
 * @param lossSum negative log-likelihood of the targets, nats
 * @param klSum KL(teacher ‖ model), nats; 0 without a teacher
 * @param teacherLossSum the teacher's own negative log-likelihood, nats
 * @param agreements positions where both models' likeliest token is the same
 * @param entropySum of the model's distributions, nats; 0 without a teacher
 * @param teacherEntropySum of the teacher's, nats
 */
public record Scores(
        long tokens,
        double lossSum,
        double klSum,
        double teacherLossSum,
        long agreements,
        double entropySum,
        double teacherEntropySum) {
    public static final Scores NONE = new Scores(0, 0, 0, 0, 0, 0, 0);

    public Scores plus(Scores other) {
        return new Scores(
                tokens + other.tokens,
                lossSum + other.lossSum,
                klSum + other.klSum,
                teacherLossSum + other.teacherLossSum,
                agreements + other.agreements,
                entropySum + other.entropySum,
                teacherEntropySum + other.teacherEntropySum);
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

    /** The entropy of the model as a share of its teacher's; near 0 where the model has collapsed. */
    public double entropyRatio() {
        return entropySum / teacherEntropySum;
    }

    /** Share of positions, 0 to 1, where the likeliest tokens agree. */
    public double top1Agreement() {
        return (double) agreements / tokens;
    }
}
