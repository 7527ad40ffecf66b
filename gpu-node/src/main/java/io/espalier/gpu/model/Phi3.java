package io.espalier.gpu.model;

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
        return c.slidingWindow(null);
    }

    @Override
    Rope rope(ConfigFields c, String kind, int headDim) {
        return partialRope(c, kind, headDim, 1);
    }
}
