package io.espalier.actors.quickstart;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.PruningTargets;
import java.util.List;
import java.util.stream.IntStream;

/** The architectures of a quickstart: its own small teacher, and two cuts of a teacher to about the same size. */
final class Shapes {
    private static final double KEPT_DEPTH = 0.67;
    private static final double KEPT_HIDDEN = 0.75;
    /** Hardware likes sizes that are multiples of this. */
    private static final int STEP = 16;

    private Shapes() {}

    /** A small Qwen3-shaped model. */
    static ObjectNode teacher(int vocabSize) {
        ObjectNode json = JsonMapper.builder().build().createObjectNode();
        json.putArray("architectures").add("Qwen3ForCausalLM");
        json.put("model_type", "qwen3");
        json.put("vocab_size", vocabSize).put("hidden_size", 128).put("intermediate_size", 384);
        json.put("num_hidden_layers", 6).put("num_attention_heads", 4).put("num_key_value_heads", 2);
        json.put("head_dim", 32).put("hidden_act", "silu").put("attention_bias", false);
        json.put("max_position_embeddings", 512).put("rms_norm_eps", 1e-6).put("rope_theta", 10000.0);
        json.put("tie_word_embeddings", false).put("initializer_range", 0.02);
        json.put("bos_token_id", vocabSize - 1).put("eos_token_id", vocabSize - 1);
        return json.put("torch_dtype", "float32").put("use_cache", true);
    }

    /** Two thirds of the layers. */
    static PruningTargets depth(ModelConfig teacher) {
        int layers = Math.max(1, (int) Math.round(teacher.numHiddenLayers() * KEPT_DEPTH));
        return new PruningTargets(layers, null, null, null, null, null);
    }

    /** All layers, with three quarters of the channels and MLPs cut until it is no larger than the one cut by depth. */
    static PruningTargets width(ModelConfig teacher) {
        long budget = parameters(teacher, depth(teacher).layers(), teacher.hiddenSize(), teacher.intermediateSize());
        int hidden = Math.max(STEP, (int) (teacher.hiddenSize() * KEPT_HIDDEN) / STEP * STEP);
        int ffn = teacher.intermediateSize();
        while (ffn > STEP && parameters(teacher, teacher.numHiddenLayers(), hidden, ffn) > budget) {
            ffn = (ffn - 1) / STEP * STEP;
        }
        return new PruningTargets(null, null, hidden, ffn, null, null);
    }

    private static long parameters(ModelConfig teacher, int layers, int hidden, int ffn) {
        List<Integer> kept = IntStream.range(0, layers).boxed().toList();
        return teacher.withShape(hidden, ffn, teacher.numAttentionHeads(), teacher.numKeyValueHeads(), kept)
                .parameters();
    }
}
