package io.espalier.gpu.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A model's architecture as config.json gives it.
 *
 * @param attentionBias whether q, k and v have a bias
 * @param outputBias whether o_proj has one too
 * @param slidingWindow attention's reach in positions where it is limited, else null
 * @param dtype the stored type's name, such as bfloat16
 * @param json everything that was read, in its order; what we do not know is kept
 */
public record ModelConfig(
        ModelType modelType,
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int numHiddenLayers,
        int numAttentionHeads,
        int numKeyValueHeads,
        int headDim,
        double rmsNormEps,
        double ropeTheta,
        RopeScaling ropeScaling,
        boolean attentionBias,
        boolean outputBias,
        boolean tieWordEmbeddings,
        int maxPositionEmbeddings,
        Integer slidingWindow,
        String dtype,
        ObjectNode json) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Reads a config.json, or the one in a directory. */
    public static ModelConfig read(Path path) {
        Path file = Files.isDirectory(path) ? path.resolve("config.json") : path;
        if (!Files.exists(file)) {
            throw Refused.notFound(file, "a model needs a config.json");
        }
        try {
            JsonNode json = JSON.readTree(file.toFile());
            if (!(json instanceof ObjectNode object)) {
                throw Refused.invalid(file, "content", json.getNodeType(), "must be a JSON object");
            }
            return new ConfigReader(file, object).read();
        } catch (JsonProcessingException e) {
            throw Refused.invalid(file, "content", e.getOriginalMessage(), "must be JSON");
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** The architecture that an object of config.json's form describes. */
    public static ModelConfig of(ObjectNode json) {
        return new ConfigReader("config.json", json).read();
    }

    /** Number of parameters, exactly. */
    public long parameters() {
        return tensors().stream().mapToLong(TensorSpec::elements).reduce(0, Math::addExact);
    }

    /** Every parameter by its Hugging Face name, in a fixed order; a tied head is not stored. */
    public List<TensorSpec> tensors() {
        List<TensorSpec> specs = trunk(0, numHiddenLayers);
        if (!tieWordEmbeddings) {
            add(specs, "lm_head.weight", vocabSize, hiddenSize);
        }
        return specs;
    }

    /**
     * The parameters that run layers [from, to): with the first layer goes the embedding, with the last the last norm, and
     * with none the head.
     */
    public List<TensorSpec> trunk(int from, int to) {
        List<TensorSpec> specs = new ArrayList<>();
        if (from == 0) {
            add(specs, "model.embed_tokens.weight", vocabSize, hiddenSize);
        }
        for (int layer = from; layer < to; layer++) {
            addLayer(specs, "model.layers." + layer + ".");
        }
        if (to == numHiddenLayers) {
            add(specs, "model.norm.weight", hiddenSize);
        }
        return specs;
    }

    private void addLayer(List<TensorSpec> specs, String prefix) {
        long queries = (long) numAttentionHeads * headDim;
        long keys = (long) numKeyValueHeads * headDim;
        add(specs, prefix + "input_layernorm.weight", hiddenSize);
        addProjection(specs, prefix + "self_attn.q_proj", queries, hiddenSize, attentionBias);
        addProjection(specs, prefix + "self_attn.k_proj", keys, hiddenSize, attentionBias);
        addProjection(specs, prefix + "self_attn.v_proj", keys, hiddenSize, attentionBias);
        addProjection(specs, prefix + "self_attn.o_proj", hiddenSize, queries, outputBias);
        if (modelType.qkNorm()) {
            add(specs, prefix + "self_attn.q_norm.weight", headDim);
            add(specs, prefix + "self_attn.k_norm.weight", headDim);
        }
        add(specs, prefix + "post_attention_layernorm.weight", hiddenSize);
        add(specs, prefix + "mlp.gate_proj.weight", intermediateSize, hiddenSize);
        add(specs, prefix + "mlp.up_proj.weight", intermediateSize, hiddenSize);
        add(specs, prefix + "mlp.down_proj.weight", hiddenSize, intermediateSize);
    }

    private static void addProjection(List<TensorSpec> specs, String name, long out, long in, boolean biased) {
        add(specs, name + ".weight", out, in);
        if (biased) {
            add(specs, name + ".bias", out);
        }
    }

    private static void add(List<TensorSpec> specs, String name, long... shape) {
        specs.add(new TensorSpec(name, shape));
    }

    /** Rotary inverse frequencies, [D/2], scaling included. */
    public double[] inverseFrequencies() {
        return ropeScaling.inverseFrequencies(ropeTheta, headDim);
    }

    /** Refuses a sequence that attention's window would cut: windowed attention is not computed. */
    public void checkSequence(int seqLength) {
        if (slidingWindow != null && slidingWindow < seqLength) {
            throw Refused.invalid(
                    "config.json",
                    "sliding_window",
                    slidingWindow,
                    "must not be shorter than the sequence of " + seqLength + " tokens");
        }
    }

    /**
     * This architecture with other dimensions, in the record and in its JSON; head_dim becomes explicit.
     *
     * @param keptLayers indices of the layers that stay, ascending
     */
    public ModelConfig withShape(int hidden, int ffn, int heads, int groups, List<Integer> keptLayers) {
        ObjectNode changed = json.deepCopy();
        changed.put("hidden_size", hidden);
        changed.put("intermediate_size", ffn);
        changed.put("num_attention_heads", heads);
        changed.put("num_key_value_heads", groups);
        changed.put("head_dim", headDim);
        changed.put("num_hidden_layers", keptLayers.size());
        if (changed.get("layer_types") instanceof ArrayNode types && types.size() == numHiddenLayers) {
            ArrayNode kept = changed.putArray("layer_types");
            keptLayers.forEach(layer -> kept.add(types.get(layer)));
        }
        if (changed.path("max_window_layers").isInt()) {
            int windowless = changed.get("max_window_layers").asInt();
            changed.put("max_window_layers", (int)
                    keptLayers.stream().filter(layer -> layer < windowless).count());
        }
        return of(changed);
    }

    /** This architecture stored in another type. */
    public ModelConfig withDtype(String name) {
        ObjectNode changed = json.deepCopy();
        changed.put(changed.has("dtype") ? "dtype" : "torch_dtype", name);
        return of(changed);
    }
}
