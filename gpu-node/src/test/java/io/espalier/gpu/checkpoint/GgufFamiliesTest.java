package io.espalier.gpu.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Names, keys and values of a GGUF file are those that llama.cpp knows the family by; what it knows otherwise is refused. */
@Timeout(60)
class GgufFamiliesTest {
    private static final int HIDDEN = 16;

    @TempDir
    Path temporary;

    private static ObjectNode config(String family, int layers) {
        ObjectNode json = new ObjectMapper().createObjectNode().put("model_type", family);
        json.put("vocab_size", TinyModel.VOCAB_SIZE).put("hidden_size", HIDDEN).put("intermediate_size", 24);
        json.put("num_hidden_layers", layers).put("num_attention_heads", 4).put("num_key_value_heads", 2);
        json.put("eos_token_id", 0);
        return json.put("head_dim", 8).put("max_position_embeddings", 64);
    }

    private byte[] exported(ObjectNode json) throws IOException {
        ModelConfig config = ModelConfig.of(json);
        Path model = temporary.resolve("model");
        try (RandomWeights weights = new RandomWeights(config, 2)) {
            TinyModel.write(model, config, weights.andThen(TensorData::bytes), Long.MAX_VALUE);
        }
        Files.writeString(model.resolve("tokenizer.json"), """
            {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
             "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}\
            """);
        Path file = temporary.resolve("model.gguf");
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            GgufExport.write(directory, file, null);
        }
        return Files.readAllBytes(file);
    }

    private static int at(byte[] file, String key) {
        byte[] wanted = key.getBytes(StandardCharsets.UTF_8);
        return Collections.indexOfSubList(boxed(file), boxed(wanted));
    }

    private static java.util.List<Byte> boxed(byte[] bytes) {
        java.util.List<Byte> list = new java.util.ArrayList<>(bytes.length);
        for (byte b : bytes) {
            list.add(b);
        }
        return list;
    }

    /** The bytes behind a key or a tensor's name, little-endian. */
    private static ByteBuffer after(byte[] file, String key) {
        int at = at(file, key);
        assertThat(at).as(key).isPositive();
        ByteBuffer buffer = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        return buffer.position(at + key.length());
    }

    @Test
    void expertsOfALayerAreOneTensor() throws IOException {
        ObjectNode json = config("qwen3_moe", 1).put("num_experts", 3).put("moe_intermediate_size", 6);
        byte[] file = exported(json.put("num_experts_per_tok", 2));
        ByteBuffer tensor = after(file, "blk.0.ffn_down_exps.weight");
        assertThat(tensor.getInt()).as("dimensions").isEqualTo(3);
        assertThat(new long[] {tensor.getLong(), tensor.getLong(), tensor.getLong()})
                .containsExactly(6, HIDDEN, 3);
        ByteBuffer count = after(file, "qwen3moe.expert_count");
        assertThat(count.getInt()).as("a number").isEqualTo(4);
        assertThat(count.getInt()).isEqualTo(3);
    }

    @Test
    void gainsThatAreStoredFromOneAreWrittenWhole() throws IOException {
        ObjectNode json =
                config("gemma3_text", 6).put("query_pre_attn_scalar", 8).put("sliding_window", 16);
        byte[] file = exported(json);
        // The last norm is the last tensor: random weights have its stored gain at 0.
        ByteBuffer end =
                ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(file.length - HIDDEN * Float.BYTES);
        while (end.hasRemaining()) {
            assertThat(end.getFloat()).isEqualTo(1f);
        }
        assertThat(at(file, "blk.5.post_ffw_norm.weight")).isPositive();
    }

    @Test
    void aModelThatLlamaCppWouldComputeOtherwiseIsRefused() {
        assertThatThrownBy(() -> exported(
                        config("gemma3_text", 3).put("query_pre_attn_scalar", 8).put("sliding_window_pattern", 2)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("every sixth layer");
    }

    @Test
    void aFamilyWithoutAnArchitectureThereIsRefused() {
        ObjectNode json =
                config("qwen3_5_text", 4).put("linear_key_head_dim", 4).put("linear_value_head_dim", 4);
        json.put("linear_num_key_heads", 2).put("linear_num_value_heads", 2);
        assertThatThrownBy(() -> exported(json)).isInstanceOf(Refused.class).hasMessageContaining("goes to GGUF");
    }

    @Test
    void whereWindowsAreNotFollowedTheContextIsNoLongerThanOne() throws IOException {
        ByteBuffer length = after(exported(config("mistral", 1).put("sliding_window", 16)), "llama.context_length");
        assertThat(length.getInt()).as("a number").isEqualTo(4);
        assertThat(length.getInt()).isEqualTo(16);
    }

    @Test
    void yarnIsToldInLlamaCppsWords() throws IOException {
        ObjectNode json = config("qwen3", 1);
        json.putObject("rope_parameters")
                .put("rope_type", "yarn")
                .put("rope_theta", 1e6)
                .put("factor", 4.0)
                .put("original_max_position_embeddings", 16);
        byte[] file = exported(json);
        ByteBuffer original = after(file, "qwen3.rope.scaling.original_context_length");
        assertThat(original.getInt()).as("a number").isEqualTo(4);
        assertThat(original.getInt()).isEqualTo(16);
        assertThat(at(file, "qwen3.rope.scaling.yarn_log_multiplier")).isNegative();
    }
}
