package io.espalier.actors.choices;

/**
 * Right answers among those asked.
 *
 * @param truncated questions whose beginning did not fit the model's context
 */
public record Accuracy(long right, long asked, long truncated) {
    /** Two-sided 95 % of the normal distribution. */
    private static final double Z = 1.959964;

    public static final Accuracy NONE = new Accuracy(0, 0, 0);

    /** The accuracy on the questions of both. */
    public Accuracy plus(Accuracy other) {
        return new Accuracy(right + other.right, asked + other.asked, truncated + other.truncated);
    }

    public double share() {
        return (double) right / asked;
    }

    /** Lower end of Wilson's 95 % score interval. */
    public double low() {
        return centre() - halfWidth();
    }

    /** Upper end of that interval. */
    public double high() {
        return centre() + halfWidth();
    }

    private double centre() {
        return (share() + Z * Z / (2 * asked)) / (1 + Z * Z / asked);
    }

    private double halfWidth() {
        double p = share();
        return Z * Math.sqrt(p * (1 - p) / asked + Z * Z / (4.0 * asked * asked)) / (1 + Z * Z / asked);
    }
}
