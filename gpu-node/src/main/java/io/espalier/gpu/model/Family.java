package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * A family of models: how its config.json is read into an {@link Anatomy}, how a pruned one is written, and what
 * llama.cpp calls it. The blocks and tensors that the anatomy names are all that the rest of the code knows of a
 * family.
 */
public interface Family {
    /** The {@code model_type} of config.json. */
    String modelType();

    /** Reads and checks everything that decides the numbers. */
    Anatomy read(ConfigFields config);

    /** Channels of a head of attention. */
    int headDim(ConfigFields config);

    /** Fields of config.json that have a value for each layer, complete, though the file may not have spelt them out. */
    Map<String, List<JsonNode>> perLayer(ConfigFields config);

    /** The reason why pruning may not cut this role in a model of the family; null where it may. */
    default String uncut(Role role) {
        return null;
    }

    /** Whether transformers takes no width that the query heads do not divide, though a head has a width of its own. */
    default boolean headsDivideWidth() {
        return false;
    }

    /** The description of the family for llama.cpp; null where llama.cpp does not know it. */
    Gguf gguf();

    /** The description of one model for llama.cpp, which may know it better by another family's name. */
    default Gguf gguf(ModelConfig model) {
        return gguf();
    }

    /** The reason why llama.cpp would compute another model than this one of the family; null where it would not. */
    default String notGguf(Anatomy anatomy) {
        return null;
    }

    /**
     * The description of a family in a GGUF file.
     *
     * @param architecture the family's name there
     * @param interleaved whether rows of q and k are reordered so that neighbours turn together
     * @param metadata further keys without the architecture's name; an {@code Integer}, {@code Double} or list of
     *     {@code Boolean}
     */
    record Gguf(
            String architecture,
            boolean interleaved,
            java.util.function.Function<ModelConfig, Map<String, Object>> metadata) {
        static Gguf of(String architecture) {
            return new Gguf(architecture, false, config -> Map.of());
        }
    }
}
