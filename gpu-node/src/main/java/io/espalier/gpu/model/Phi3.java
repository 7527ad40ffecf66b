package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** Phi-3 and Phi-4: projections of one input stored as one matrix; part of a head turns. */
final class Phi3 extends DenseFamily {
    Phi3() {
        super(
                "phi3",
                new Gguf(
                        "phi3",
                        false,
                        config -> Map.of("attention.sliding_window", config.window() == null ? 0 : config.window())));
    }

    @Override
    boolean fused() {
        return true;
    }

    @Override
    boolean biased(ConfigFields c) {
        return false;
    }

    @Override
    double defaultEps() {
        return 1e-5;
    }

    @Override
    Integer window(ConfigFields c) {
        return c.present("sliding_window") ? Integer.valueOf(c.positive("sliding_window")) : null;
    }

    @Override
    Rope rope(ConfigFields c, String kind, int headDim) {
        ObjectNode rope = c.ropeParameters(kind);
        int dims = (int) (headDim * c.partialRotaryFactor(rope, 1));
        c.require(
                dims > 0 && dims <= headDim && dims % 2 == 0,
                "partial_rotary_factor",
                c.partialRotaryFactor(rope, 1),
                "must be an even number of a head's " + headDim + " channels");
        return new Rope(c.ropeTheta(rope, defaultTheta()), dims, c.ropeScaling(rope));
    }
}
