package io.espalier.gpu.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The architectures that can be run, and what sets them apart. */
public enum ModelType {
    QWEN3(true, false),
    QWEN2(false, true),
    LLAMA(false, false),
    MISTRAL(false, false);

    private final boolean qkNorm;
    private final boolean alwaysBiased;

    ModelType(boolean qkNorm, boolean alwaysBiased) {
        this.qkNorm = qkNorm;
        this.alwaysBiased = alwaysBiased;
    }

    /** Whether queries and keys are normed per head. */
    public boolean qkNorm() {
        return qkNorm;
    }

    /** Whether q, k and v have a bias whatever config.json says. */
    boolean alwaysBiased() {
        return alwaysBiased;
    }

    /** As config.json spells it. */
    public String spelling() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<ModelType> of(String spelling) {
        return Arrays.stream(values())
                .filter(t -> t.spelling().equals(spelling))
                .findFirst();
    }

    static String known() {
        return Arrays.stream(values()).map(ModelType::spelling).collect(Collectors.joining(", "));
    }
}
