package io.espalier.gpu.group;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The parameters that move, cut into blocks in one fixed order: a parameter, or {@value #MOST_ELEMENTS} elements of it. The
 * cut depends on the parameters alone, because a norm's rounding depends on the cut.
 */
public record Blocks(List<Block> all) {
    /** Elements of the largest block. */
    public static final long MOST_ELEMENTS = 4L << 20;

    public Blocks {
        all = List.copyOf(all);
    }

    /**
     * Cuts parameters.
     *
     * @param elements of each parameter that moves, in order
     */
    public static Blocks of(Map<String, Long> elements) {
        List<Block> blocks = new ArrayList<>();
        elements.forEach((name, size) -> {
            for (long start = 0; start < size; start += MOST_ELEMENTS) {
                blocks.add(new Block(blocks.size(), name, start, Math.min(MOST_ELEMENTS, size - start)));
            }
        });
        return new Blocks(blocks);
    }
}
