package io.espalier.gpu.model;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Every family that can be run. */
public final class Families {
    private static final List<Family> ALL = List.of(
            Qwen.third(),
            Qwen.second(),
            new Llama(),
            new Mistral(),
            new Ministral3(),
            new Qwen3Moe(),
            new Qwen35(),
            new SeedOss(),
            new SmolLm3(),
            new Granite(),
            Olmo.second(),
            Olmo.third(),
            new Phi3(),
            new Gemma3());

    private Families() {}

    public static List<Family> all() {
        return ALL;
    }

    static Optional<Family> of(String modelType) {
        return ALL.stream().filter(f -> f.modelType().equals(modelType)).findFirst();
    }

    static String known() {
        return ALL.stream().map(Family::modelType).collect(Collectors.joining(", "));
    }
}
