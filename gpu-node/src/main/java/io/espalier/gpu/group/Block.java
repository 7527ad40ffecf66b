package io.espalier.gpu.group;

/**
 * A run of elements of one parameter, flattened: the unit whose gradient is summed, measured and moved as a whole.
 *
 * @param index in the order of {@link Blocks}
 * @param start first element in the parameter
 * @param count elements
 */
public record Block(int index, String parameter, long start, long count) {}
