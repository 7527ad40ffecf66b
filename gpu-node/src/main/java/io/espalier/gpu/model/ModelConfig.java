package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A model's architecture as config.json gives it.
 *
 * @param family that it belongs to
 * @param anatomy its numbers and layers
 * @param intermediateSize neurons of an MLP
 * @param numAttentionHeads query heads of a layer
 * @param numKeyValueHeads key-value heads of a layer
 * @param maxPositionEmbeddings positions it was made for
 * @param dtype the stored type's name, such as bfloat16
 * @param json everything that was read, in its order; what we do not know is kept
 */
public record ModelConfig(
        Family family,
        Anatomy anatomy,
        int intermediateSize,
        int numAttentionHeads,
        int numKeyValueHeads,
        int headDim,
        int maxPositionEmbeddings,
        String dtype,
        ObjectNode json) {
    /** Reads a config.json, or the one in a directory. */
    public static ModelConfig read(Path path) {
        Path file = Files.isDirectory(path) ? path.resolve("config.json") : path;
        if (!Files.exists(file)) {
            throw Refused.notFound(file, "a model needs a config.json");
        }
        JsonNode json = LaxJson.read(file);
        if (!(json instanceof ObjectNode object)) {
            throw Refused.invalid(file, "content", json.getNodeType(), "must be a JSON object");
        }
        return of(file, object);
    }

    /** The architecture that an object of config.json's form describes. */
    public static ModelConfig of(ObjectNode json) {
        return of("config.json", json);
    }

    private static ModelConfig of(Object file, ObjectNode json) {
        return of(new ConfigFields(file, SettledConfig.of(file, json)));
    }

    private static ModelConfig of(ConfigFields given) {
        ConfigFields fields = given.text();
        String type = fields.text("model_type", "");
        Family family = Families.of(type).orElse(null);
        fields.require(
                family != null, "model_type", fields.json().get("model_type"), "must be one of " + Families.known());
        Anatomy anatomy = family.read(fields);
        int heads = fields.positive("num_attention_heads");
        return new ModelConfig(
                family,
                anatomy,
                ffn(anatomy.layers().getFirst().mlp()),
                heads,
                fields.groups(heads),
                family.headDim(fields),
                fields.positive("max_position_embeddings", Integer.MAX_VALUE),
                fields.dtype(),
                fields.json().deepCopy());
    }

    private static int ffn(Block mlp) {
        return switch (mlp) {
            case MlpBlock dense -> dense.ffn();
            case ExpertsBlock experts -> experts.ffn();
            case AttentionBlock _, DeltaNetBlock _ -> throw new IllegalArgumentException("no MLP: " + mlp);
        };
    }

    /** The experts of each layer; null where there are none. */
    public ExpertsBlock experts() {
        return anatomy.layers().getFirst().mlp() instanceof ExpertsBlock experts ? experts : null;
    }

    /** The number of experts in each layer; 0 where a layer has one MLP for all positions. */
    public int numExperts() {
        return experts() == null ? 0 : experts().experts();
    }

    private static Stream<Block> blocks(Anatomy anatomy) {
        return anatomy.layers().stream().flatMap(layer -> Stream.of(layer.mixer(), layer.mlp()));
    }

    public int vocabSize() {
        return anatomy.vocabSize();
    }

    public int hiddenSize() {
        return anatomy.hiddenSize();
    }

    public int numHiddenLayers() {
        return anatomy.layers().size();
    }

    public boolean tieWordEmbeddings() {
        return anatomy.tied();
    }

    public double rmsNormEps() {
        return anatomy.eps();
    }

    /** The different rotary embeddings of its layers: first those of layers without a window. */
    public List<Rope> ropes() {
        return attention()
                .sorted(Comparator.comparing(block -> block.window() != null))
                .map(AttentionBlock::rope)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /** The window of the layers that have one, positions; null where none has. */
    public Integer window() {
        return attention()
                .map(AttentionBlock::window)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private Stream<AttentionBlock> attention() {
        return blocks(anatomy).filter(AttentionBlock.class::isInstance).map(AttentionBlock.class::cast);
    }

    /** Number of parameters, exactly. */
    public long parameters() {
        return tensors().stream().mapToLong(TensorSpec::elements).reduce(0, Math::addExact);
    }

    /** Every parameter by its Hugging Face name, in a fixed order; a tied head is not stored. */
    public List<TensorSpec> tensors() {
        return anatomy.tensors();
    }

    /**
     * The parameters that run layers [from, to): with the first layer goes the embedding, with the last the last norm, and
     * with none the head.
     */
    public List<TensorSpec> trunk(int from, int to) {
        return anatomy.trunk(from, to);
    }

    /**
     * This architecture with other dimensions, in the record and in its JSON; head_dim becomes explicit.
     *
     * @param keptLayers indices of the layers that stay, ascending
     */
    public ModelConfig withShape(int hidden, int ffn, int heads, int groups, List<Integer> keptLayers) {
        return withShape(hidden, ffn, heads, groups, numExperts(), keptLayers);
    }

    /** This architecture with other dimensions and fewer experts in each layer, in the record and in its JSON. */
    public ModelConfig withShape(int hidden, int ffn, int heads, int groups, int experts, List<Integer> keptLayers) {
        ObjectNode changed = json.deepCopy();
        changed.put("hidden_size", hidden);
        changed.put(experts == 0 ? "intermediate_size" : "moe_intermediate_size", ffn);
        if (experts > 0) {
            changed.put(changed.has("num_local_experts") ? "num_local_experts" : "num_experts", experts);
        }
        changed.put("num_attention_heads", heads);
        changed.put("num_key_value_heads", groups);
        changed.put("head_dim", headDim);
        changed.put("num_hidden_layers", keptLayers.size());
        family.perLayer(new ConfigFields("config.json", json)).forEach((field, values) -> {
            ArrayNode kept = changed.putArray(field);
            keptLayers.forEach(layer -> kept.add(values.get(layer)));
        });
        if (changed.path("max_window_layers").isInt()) {
            int windowless = changed.get("max_window_layers").asInt();
            changed.put("max_window_layers", (int)
                    keptLayers.stream().filter(layer -> layer < windowless).count());
        }
        return of(changed);
    }

    /** This architecture with a head of its own, or with the embedding for a head. */
    public ModelConfig withTiedHead(boolean tied) {
        ObjectNode changed = json.deepCopy();
        changed.put("tie_word_embeddings", tied);
        return of(changed);
    }
}
