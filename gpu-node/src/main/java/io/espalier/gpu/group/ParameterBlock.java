package io.espalier.gpu.group;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A run of elements of one parameter, flattened: the unit whose gradient is summed, measured and moved as a whole.
 *
 * @param start first element in the parameter
 * @param count elements
 */
public record ParameterBlock(String parameter, long start, long count) {
    /** Elements of the largest block. */
    public static final long MOST_ELEMENTS = 4L << 20;

    /**
     * Cuts the parameters that move into blocks in one fixed order: a parameter, or {@value #MOST_ELEMENTS} elements of it.
     * The cut depends on the parameters alone, because a norm's rounding depends on the cut.
     *
     * @param elements of each parameter that moves, in order
     */
    public static List<ParameterBlock> cut(Map<String, Long> elements) {
        List<ParameterBlock> blocks = new ArrayList<>();
        elements.forEach((name, size) -> {
            for (long start = 0; start < size; start += MOST_ELEMENTS) {
                blocks.add(new ParameterBlock(name, start, Math.min(MOST_ELEMENTS, size - start)));
            }
        });
        return List.copyOf(blocks);
    }
}
