package io.espalier.gpu.model;

import io.espalier.gpu.model.AttentionBlock.QueryKeyNorm;
import java.util.Map;

/** Qwen2 and Qwen3: a window from some layer on, where it is switched on. */
class Qwen extends DenseFamily {
    private static final int DEFAULT_WINDOW = 4096;
    private static final int DEFAULT_WINDOW_LAYERS = 28;
    private static final int QWEN3_HEAD_DIM = 128;

    private final boolean third;

    Qwen(String name, boolean third, Gguf gguf) {
        super(name, gguf);
        this.third = third;
    }

    static Qwen second() {
        return new Qwen("qwen2", false, Gguf.of("qwen2"));
    }

    /** Qwen3: queries and keys are normed by head, and there are no biases unless config.json has them. */
    static Qwen third() {
        return new Qwen("qwen3", true, Gguf.of("qwen3"));
    }

    /** Heads of a width of their own: llama.cpp's qwen2 has none, but its llama has them, and biases too. */
    @Override
    public Gguf gguf(ModelConfig model) {
        return !third && model.numAttentionHeads() * model.headDim() != model.hiddenSize()
                ? new Gguf("llama", true, config -> Map.of())
                : gguf();
    }

    @Override
    Integer defaultHeadDim() {
        return third ? QWEN3_HEAD_DIM : null;
    }

    @Override
    boolean biased(ConfigFields c) {
        return !third || super.biased(c);
    }

    @Override
    boolean outputBiased(ConfigFields c) {
        return third && super.biased(c);
    }

    @Override
    QueryKeyNorm queryKeyNorm() {
        return third ? QueryKeyNorm.HEAD : QueryKeyNorm.NONE;
    }

    @Override
    Integer window(ConfigFields c) {
        return c.flag("use_sliding_window", false) ? c.slidingWindow(DEFAULT_WINDOW) : null;
    }

    @Override
    String kind(ConfigFields c, int layer) {
        boolean reached = layer >= c.number("max_window_layers", DEFAULT_WINDOW_LAYERS);
        return reached ? super.kind(c, layer) : ConfigFields.FULL;
    }
}
