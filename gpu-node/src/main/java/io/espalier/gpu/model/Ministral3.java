package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Ministral 3: Llama with YaRN and queries that grow with their position. */
final class Ministral3 extends DenseFamily {
    Ministral3() {
        super("ministral3", new Gguf("mistral3", true, config -> {
            AttentionBlock attention =
                    (AttentionBlock) config.anatomy().layers().getFirst().mixer();
            return attention.queryScale() == null
                    ? Map.of()
                    : Map.of(
                            "attention.temperature_scale",
                            attention.queryScale().beta());
        }));
    }

    @Override
    Integer defaultHeadDim() {
        return 128;
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
    double defaultTheta() {
        return 1_000_000;
    }

    /** All layers have one window: the family's published code does not look at layer_types. */
    @Override
    List<String> kinds(ConfigFields c, int layers) {
        return IntStream.range(0, layers).mapToObj(i -> kind(c, i)).toList();
    }

    @Override
    Integer window(ConfigFields c) {
        return c.slidingWindow(null);
    }

    @Override
    AttentionBlock.QueryScale queryScale(ConfigFields c) {
        ObjectNode rope = c.ropeParameters(ConfigFields.FULL);
        return rope.hasNonNull("llama_4_scaling_beta")
                ? new AttentionBlock.QueryScale(
                        c.ropeNumber(rope, "llama_4_scaling_beta"),
                        c.ropeNumber(rope, "original_max_position_embeddings"))
                : null;
    }
}
