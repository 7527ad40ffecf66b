package io.espalier.actors.bench;

/**
 * The speed of a run, and its last loss.
 *
 * @param stepMillis median
 * @param kl of the last step, which tells whether two runs have computed the same
 */
public record Speed(double tokensPerSecond, double stepMillis, double kl) {}
