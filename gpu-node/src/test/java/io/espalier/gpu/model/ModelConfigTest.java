package io.espalier.gpu.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** config.json is read in both spellings, refused by name where it is wrong, and rewritten with all that it held. */
class ModelConfigTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static ObjectNode qwen3() {
        ObjectNode json = JSON.createObjectNode();
        json.put("model_type", "qwen3")
                .put("vocab_size", 100)
                .put("hidden_size", 32)
                .put("intermediate_size", 64);
        json.put("num_hidden_layers", 3).put("num_attention_heads", 4).put("num_key_value_heads", 2);
        json.put("head_dim", 8).put("rms_norm_eps", 1e-6).put("rope_theta", 1e6);
        json.putArray("layer_types").add("full_attention").add("full_attention").add("full_attention");
        return json.put("max_window_layers", 2).put("something_of_theirs", "kept");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        model_type            | "gpt2"        | must be one of qwen3, qwen2, llama
        hidden_size           | 0             | must be a positive integer
        hidden_size           | -3            | must be a positive integer
        vocab_size            | 1.5           | must be a positive integer
        num_hidden_layers     | "three"       | must be a positive integer
        num_key_value_heads   | 3             | must be a multiple of num_key_value_heads 3
        head_dim              | 7             | must be even
        hidden_act            | "gelu"        | must be silu
        rope_theta            | "x"           | must be a number
        mlp_bias              | true          | must be false
        tie_word_embeddings   | 1             | must be true or false
        rope_scaling          | "yarn"        | must be an object
        rope_parameters       | {"rope_theta":"5e5"} | must be a number
        partial_rotary_factor | 0.5           | must be 1
        rms_norm_eps          | 1e999         | must be a number
        num_hidden_layers     | 2000000       | must be at most 10000
        rope_scaling          | {"type":"longrope","factor":4} | must be default, linear, llama3 or yarn
        rope_scaling          | {"type":"yarn","factor":0} | must be a number above 0
        layer_types           | ["chunked_attention","full_attention","full_attention"] | must be of full_attention
        layer_types           | ["full_attention"] | must be one a layer, 3
        """)
    void refusesAFieldByNameValueAndRule(String field, String value, String rule) throws IOException {
        ObjectNode json = qwen3();
        json.set(field, JSON.readTree(value));
        assertThatThrownBy(() -> ModelConfig.of(json))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("config.json: ")
                .hasMessageContaining(rule)
                .hasMessageNotContaining("\n");
    }

    @Test
    void takesFromTheFamilyWhatIsLeftOut() {
        ObjectNode json = JSON.createObjectNode().put("model_type", "mistral");
        ModelConfig mistral = ModelConfig.of(json);
        assertThat(mistral.numKeyValueHeads()).isEqualTo(8);
        assertThat(mistral.intermediateSize()).isEqualTo(14_336);
        assertThat(ModelConfig.of(json.putNull("num_key_value_heads")).numKeyValueHeads())
                .as("null is one for each query head")
                .isEqualTo(32);
        ModelConfig qwen3 = ModelConfig.of(JSON.createObjectNode().put("model_type", "qwen3"));
        assertThat(qwen3.headDim()).isEqualTo(128);
        assertThat(qwen3.maxPositionEmbeddings()).isEqualTo(32_768);
        assertThat(ModelConfig.of(JSON.createObjectNode().put("model_type", "llama"))
                        .numKeyValueHeads())
                .isEqualTo(32);
    }

    private static Rope rope(ObjectNode json) {
        return ModelConfig.of(json).ropes().getFirst();
    }

    private static double theta(ObjectNode json) {
        return rope(json).theta();
    }

    private static RopeScaling scaling(ObjectNode json) {
        return rope(json).scaling();
    }

    @Test
    void ofTwoNamesForScalingTheOlderCountsAndIsKept() throws IOException {
        ObjectNode json = qwen3();
        json.remove("rope_theta");
        json.set("rope_parameters", JSON.readTree("{\"rope_type\":\"default\",\"rope_theta\":5000}"));
        assertThat(theta(json)).isEqualTo(5000);
        json.set("rope_scaling", JSON.readTree("{}"));
        assertThat(theta(json)).as("empty says nothing").isEqualTo(5000);
        json.set("rope_scaling", JSON.readTree("{\"rope_type\":\"default\",\"rope_theta\":7000}"));
        ModelConfig config = ModelConfig.of(json);
        assertThat(theta(json)).isEqualTo(7000);
        assertThat(config.json().has("rope_parameters")).isFalse();
        json.set("rope_scaling", JSON.readTree("{\"rope_type\":\"default\"}"));
        assertThat(theta(json)).as("the other is passed over as a whole").isEqualTo(10_000);
    }

    @Test
    void theOriginalLengthAtTheTopCountsMoreThanTheOneInside() throws IOException {
        ObjectNode json = qwen3().put("max_position_embeddings", 4096);
        json.set(
                "rope_scaling",
                JSON.readTree("{\"type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":4}"));
        assertThat(scaling(json)).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 4096));
        ((ObjectNode) json.get("rope_scaling")).put("original_max_position_embeddings", 1024);
        assertThat(scaling(json)).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 1024));
        json.put("original_max_position_embeddings", 512);
        assertThat(scaling(json)).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 512));
    }

    @Test
    void callsAQuantisedModelQuantised() throws IOException {
        ObjectNode json = qwen3();
        json.set("quantization_config", JSON.readTree("{\"quant_method\":\"gptq\",\"bits\":4}"));
        assertThatThrownBy(() -> ModelConfig.of(json))
                .hasMessageContaining("quantization_config is gptq: must be absent: the checkpoint is quantised");
    }

    @Test
    void readsAndKeepsWhatPythonWritesForInfinity(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, qwen3().toString().replaceFirst("[{]", "{\"theirs\": [-Infinity, NaN],"));
        assertThat(LaxJson.mapper().writeValueAsString(ModelConfig.read(file).json()))
                .contains("[-Infinity,NaN]");
        Files.writeString(file, qwen3().toString().replace("1.0E-6", "NaN"));
        assertThatThrownBy(() -> ModelConfig.read(file)).hasMessageContaining(": must be a number");
        Files.writeString(file, "{\"model_type\": qwen3}");
        assertThatThrownBy(() -> ModelConfig.read(file))
                .hasMessageContaining("config.json: content is no JSON (line 1, column ")
                .hasMessageNotContainingAny("`", "Feature", "enable");
    }

    private static List<Integer> windows(ModelConfig config) {
        return config.anatomy().layers().stream()
                .map(layer -> ((AttentionBlock) layer.mixer()).window())
                .toList();
    }

    @Test
    void everyLayerHasTheWindowThatItsFieldsGiveIt() {
        assertThat(windows(ModelConfig.of(qwen3().put("model_type", "mistral").put("sliding_window", 16))))
                .containsExactly(16, 16, 16);
        ObjectNode kinds = qwen3().put("sliding_window", 4).put("use_sliding_window", true);
        kinds.putArray("layer_types")
                .add("full_attention")
                .add("sliding_attention")
                .add("full_attention");
        assertThat(windows(ModelConfig.of(kinds))).containsExactly(null, 4, null);
        kinds.remove("layer_types");
        assertThat(windows(ModelConfig.of(kinds)))
                .as("from max_window_layers on")
                .containsExactly(null, null, 4);
        assertThat(windows(ModelConfig.of(qwen3().put("sliding_window", 4))))
                .as("unused unless use_sliding_window says so")
                .containsOnlyNulls();
        ModelConfig cut = ModelConfig.of(kinds).withShape(32, 64, 4, 2, List.of(0, 2));
        assertThat(windows(cut)).as("a window goes with its layer").containsExactly(null, 4);
    }

    @Test
    void rewritesWhatAShapeChangesAndKeepsTheRest() {
        ModelConfig config = ModelConfig.of(qwen3()).withShape(16, 48, 2, 2, List.of(0, 2));
        assertThat(config.json().toString())
                .contains("\"hidden_size\":16", "\"intermediate_size\":48", "\"num_hidden_layers\":2")
                .contains(
                        "\"head_dim\":8",
                        "\"layer_types\":[\"full_attention\",\"full_attention\"]",
                        "\"max_window_layers\":1")
                .contains("\"something_of_theirs\":\"kept\"");
        assertThat(config.headDim()).isEqualTo(8);
    }

    @Test
    @Tag("golden")
    void bothSpellingsOfTransformersMeanTheSameModel() {
        Path folder = Shared.require("golden/qwen3-tied/config_v5_style.json").getParent();
        ModelConfig four = ModelConfig.read(folder.resolve("config.json"));
        ModelConfig five = ModelConfig.read(folder.resolve("config_v5_style.json"));
        assertThat(five).usingRecursiveComparison().ignoringFields("json").isEqualTo(four);
    }

    @Test
    @Tag("golden")
    void countsTheParametersOfPublicModelsExactly() throws IOException {
        Path folder = Shared.require("golden/configs");
        JsonNode expected = JSON.readTree(folder.resolve("parameters.json").toFile());
        for (String name : List.of("qwen3-0.6b", "qwen3-1.7b", "qwen3-4b", "qwen3-8b")) {
            assertThat(ModelConfig.read(folder.resolve(name + ".json")).parameters())
                    .as(name)
                    .isEqualTo(expected.get(name).asLong());
        }
        ModelConfig full = ModelConfig.read(folder.resolve("qwen3-8b.json"));
        List<Integer> all = IntStream.range(0, 36).boxed().toList();
        assertThat(full.withShape(4096, 12288, 32, 8, all.subList(0, 24)).parameters())
                .isEqualTo(expected.get("qwen3-8b with 24 layers").asLong());
        assertThat(full.withShape(3584, 9216, 32, 8, all).parameters())
                .isEqualTo(expected.get("qwen3-8b with hidden 3584, ffn 9216").asLong());
    }

    @Test
    @Tag("golden")
    void rotaryFrequenciesAgreeWithTheOriginal() throws IOException {
        for (Path folder : Shared.goldenCases(
                "config", true, f -> f.resolve("expected.json").toFile().exists())) {
            JsonNode expected =
                    JSON.readTree(folder.resolve("expected.json").toFile()).path("inv_freq");
            if (expected.isMissingNode()) {
                continue;
            }
            double[] actual = ModelConfig.read(folder).ropes().getFirst().inverseFrequencies();
            for (int i = 0; i < expected.size(); i++) {
                assertThat(actual[i]).isCloseTo(expected.get(i).asDouble(), within(1e-6 * actual[i]));
            }
        }
    }
}
