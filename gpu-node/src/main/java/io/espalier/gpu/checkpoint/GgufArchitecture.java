package io.espalier.gpu.checkpoint;

import io.espalier.gpu.Refused;
import io.espalier.gpu.model.Family;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Rope;
import io.espalier.gpu.model.RopeScaling;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** An architecture in the words of GGUF, with the keys that llama.cpp's own converter writes. */
final class GgufArchitecture {
    /** The architectures whose windows llama.cpp follows. */
    private static final Set<String> WINDOWS = Set.of("olmo2", "gemma3");

    private final GgufHeader header;
    private final ModelConfig config;
    private final Family.Gguf gguf;

    private GgufArchitecture(GgufHeader header, ModelConfig config, Family.Gguf gguf) {
        this.header = header;
        this.config = config;
        this.gguf = gguf;
    }

    /**
     * Returns the description of the model's family for GGUF; refuses a model that llama.cpp would compute otherwise.
     */
    static Family.Gguf of(Path model, ModelConfig config) {
        Family family = config.family();
        if (family.gguf() == null) {
            throw Refused.invalid(model, "model_type", family.modelType(), "must be of a family that goes to GGUF");
        }
        String why = family.notGguf(config.anatomy());
        if (why != null) {
            throw Refused.invalid(model, "model_type", family.modelType(), "does not go to GGUF here: " + why);
        }
        return family.gguf(config);
    }

    static void describe(GgufHeader header, Path model, ModelConfig config) {
        new GgufArchitecture(header, config, of(model, config)).describe(model);
    }

    /** The context length, in positions, of a model's file. */
    static int context(Path model, ModelConfig config) {
        return context(config, of(model, config));
    }

    private void describe(Path model) {
        header.text("general.architecture", gguf.architecture());
        header.text("general.name", model.toAbsolutePath().getFileName().toString());
        header.number("general.alignment", GgufHeader.ALIGNMENT);
        number("block_count", config.numHiddenLayers());
        number("context_length", context(config, gguf));
        number("embedding_length", config.hiddenSize());
        number("feed_forward_length", config.intermediateSize());
        number("attention.head_count", config.numAttentionHeads());
        number("attention.head_count_kv", config.numKeyValueHeads());
        number("attention.key_length", config.headDim());
        number("attention.value_length", config.headDim());
        real("attention.layer_norm_rms_epsilon", config.rmsNormEps());
        number("vocab_size", config.vocabSize());
        rope(model, config.ropes().getFirst());
        gguf.metadata().apply(config).forEach(this::put);
    }

    /**
     * The context length, in positions. It is at most one window where llama.cpp ignores the architecture's windows: up
     * to that length a window changes nothing.
     */
    private static int context(ModelConfig config, Family.Gguf gguf) {
        Integer window = WINDOWS.contains(gguf.architecture()) ? null : config.window();
        return window == null ? config.maxPositionEmbeddings() : Math.min(window, config.maxPositionEmbeddings());
    }

    private void rope(Path model, Rope rope) {
        number("rope.dimension_count", rope.dims());
        real("rope.freq_base", rope.theta());
        switch (rope.scaling()) {
            case RopeScaling.None _ -> {}
            // The factors of every frequency are a tensor of their own.
            case RopeScaling.Llama3 _ -> {}
            case RopeScaling.Linear(double factor) -> {
                header.text(gguf.architecture() + ".rope.scaling.type", "linear");
                real("rope.scaling.factor", factor);
            }
            case RopeScaling.Yarn yarn -> yarn(model, yarn);
        }
    }

    private void yarn(Path model, RopeScaling.Yarn yarn) {
        header.text(gguf.architecture() + ".rope.scaling.type", "yarn");
        real("rope.scaling.factor", yarn.factor());
        number("rope.scaling.original_context_length", (int) yarn.original());
        real("rope.scaling.yarn_beta_fast", yarn.betaFast());
        real("rope.scaling.yarn_beta_slow", yarn.betaSlow());
        if (yarn.attentionFactor() == 1) {
            // The logarithm that llama.cpp multiplies by is divided away again.
            real("rope.scaling.yarn_log_multiplier", 1);
        } else if (!yarn.usual()) {
            throw Refused.invalid(
                    model,
                    "attention_factor",
                    yarn.attentionFactor(),
                    "must be 1 or 0.1 ln(factor) + 1: llama.cpp takes no other");
        }
    }

    private void number(String key, int value) {
        header.number(gguf.architecture() + "." + key, value);
    }

    private void real(String key, double value) {
        header.real(gguf.architecture() + "." + key, value);
    }

    private void put(String key, Object value) {
        switch (value) {
            case Integer number -> number(key, number);
            case Double number -> real(key, number);
            case List<?> flags ->
                header.flags(
                        gguf.architecture() + "." + key,
                        flags.stream().map(Boolean.class::cast).toList());
            default -> throw new IllegalArgumentException(key + " of " + value.getClass());
        }
    }
}
