package io.espalier.actors.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import java.util.Map;

/**
 * A teacher and a student of Qwen3's architecture that differ in layers and ffn.
 *
 * @param batch rows of a step
 * @param seqLength tokens of a row
 */
public record BenchShape(
        int vocabSize,
        int hidden,
        int ffn,
        int heads,
        int kvHeads,
        int headDim,
        int teacherLayers,
        int studentLayers,
        int studentFfn,
        int batch,
        int seqLength) {
    public BenchShape {
        Map.of(
                        "--vocab",
                        vocabSize,
                        "--hidden",
                        hidden,
                        "--ffn",
                        ffn,
                        "--heads",
                        heads,
                        "--kv-heads",
                        kvHeads,
                        "--teacher-layers",
                        teacherLayers,
                        "--student-layers",
                        studentLayers,
                        "--batch",
                        batch,
                        "--seq",
                        seqLength)
                .forEach((option, value) -> {
                    if (value < 1) {
                        throw Refused.usage(option, value, "must be at least 1");
                    }
                });
    }

    ModelConfig teacher() {
        return model(teacherLayers, ffn);
    }

    ModelConfig student() {
        return model(studentLayers, studentFfn);
    }

    private ModelConfig model(int layers, int intermediate) {
        ObjectNode json = JsonMapper.builder().build().createObjectNode();
        json.put("model_type", "qwen3").put("vocab_size", vocabSize).put("hidden_size", hidden);
        json.put("intermediate_size", intermediate).put("num_hidden_layers", layers);
        json.put("num_attention_heads", heads)
                .put("num_key_value_heads", kvHeads)
                .put("head_dim", headDim);
        json.put("hidden_act", "silu").put("attention_bias", false).put("tie_word_embeddings", false);
        json.put("max_position_embeddings", seqLength).put("rms_norm_eps", 1e-6).put("rope_theta", 1e6);
        return ModelConfig.of(json.put("torch_dtype", "float32"));
    }

    long tokens() {
        return (long) batch * seqLength;
    }

    /**
     * The floating-point operations of one step: the teacher's forward, and the student's with its backward, which
     * costs twice as much.
     */
    double flops() {
        return tokens() * (2.0 * macs(teacherLayers, ffn) + 6.0 * macs(studentLayers, studentFfn));
    }

    /** Multiplications of one token, without the embedding's look-up; causal attention counts half its square. */
    private double macs(int layers, int intermediate) {
        double attention =
                (double) hidden * headDim * (2L * heads + 2L * kvHeads) + (double) seqLength * heads * headDim;
        return layers * (attention + 3.0 * hidden * intermediate) + (double) vocabSize * hidden;
    }
}
