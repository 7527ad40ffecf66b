package io.espalier.actors.bench;

/**
 * How fast a run was, and what it came to.
 *
 * @param stepMillis median
 * @param kl of the last step, which tells whether two runs have computed the same
 */
public record Speed(double tokensPerSecond, double stepMillis, double kl) {}
