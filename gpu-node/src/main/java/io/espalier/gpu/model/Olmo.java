package io.espalier.gpu.model;

import io.espalier.gpu.model.AttentionBlock.QueryKeyNorm;
import java.util.List;
import java.util.Map;

/** OLMo 2 and 3: norms behind attention and MLP, none before; queries and keys normed over the whole projection. */
final class Olmo extends DenseFamily {
    private static final int DEFAULT_WINDOW = 4096;
    private static final double DEFAULT_THETA = 500_000;

    private final boolean third;

    private Olmo(String name, boolean third) {
        super(name, new Gguf("olmo2", false, Olmo::metadata));
        this.third = third;
    }

    private static Map<String, Object> metadata(ModelConfig config) {
        List<Boolean> windowed = config.anatomy().layers().stream()
                .map(layer -> ((AttentionBlock) layer.mixer()).window() != null)
                .toList();
        return config.window() == null
                ? Map.of()
                : Map.of("attention.sliding_window", config.window(), "attention.sliding_window_pattern", windowed);
    }

    static Olmo second() {
        return new Olmo("olmo2", false);
    }

    /** OLMo 3, with a window in three layers of four, whose rotary frequencies are not scaled. */
    static Olmo third() {
        return new Olmo("olmo3", true);
    }

    @Override
    Norms norms() {
        return Norms.after();
    }

    @Override
    QueryKeyNorm queryKeyNorm() {
        return QueryKeyNorm.PROJECTION;
    }

    @Override
    double defaultEps() {
        return 1e-5;
    }

    @Override
    double defaultTheta() {
        return third ? DEFAULT_THETA : super.defaultTheta();
    }

    @Override
    Integer window(ConfigFields c) {
        return third ? c.slidingWindow(DEFAULT_WINDOW) : null;
    }

    @Override
    String kind(ConfigFields c, int layer) {
        return third && (layer + 1) % 4 != 0 ? ConfigFields.SLIDING : ConfigFields.FULL;
    }

    /** The scaling that a config.json of transformers 4 names is for the layers without a window. */
    @Override
    Rope rope(ConfigFields c, String kind, int headDim) {
        Rope rope = super.rope(c, kind, headDim);
        return !third || kind.equals(ConfigFields.FULL) || c.ropeByKind()
                ? rope
                : new Rope(rope.theta(), headDim, new RopeScaling.None());
    }

    @Override
    public String uncut(Role role) {
        return role == Role.HEAD || role == Role.GROUP
                ? "its norms of queries and keys go over all heads at once"
                : null;
    }
}
