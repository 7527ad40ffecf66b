package io.espalier.gpu.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Shared;
import io.espalier.gpu.prune.PruningTargets;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The table of families, and the reading and writing of each family's config.json. */
class FamiliesTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Printed for whoever writes documentation; the test of the documentation compares. */
    @Test
    void theTableHasARowForEveryFamily() {
        String table = FamilyTable.markdown();
        System.out.println(table);
        Families.all().forEach(family -> assertThat(table).contains("| `" + family.modelType() + "` |"));
    }

    private static ObjectNode stored(String folder) {
        try {
            return (ObjectNode) JSON.readTree(
                    Shared.require("golden/families/" + folder + "/config.json").toFile());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @TestFactory
    @Tag("golden")
    Stream<DynamicTest> theSpellingOfTransformersFourMeansTheSameModel() {
        return Stream.of("gemma3", "olmo3", "smollm3", "phi3", "granite", "seed-oss", "qwen3-yarn", "qwen3_5")
                .map(folder -> DynamicTest.dynamicTest(folder, () -> {
                    ObjectNode five = stored(folder);
                    assertThat(ModelConfig.of(four(five)))
                            .usingRecursiveComparison()
                            .ignoringFields("json", "family")
                            .isEqualTo(ModelConfig.of(five));
                }));
    }

    /** rope_theta beside rope_scaling, torch_dtype, and what Gemma 3 and OLMo 3 said of their two kinds of layers. */
    private static ObjectNode four(ObjectNode five) {
        ObjectNode four = five.deepCopy();
        ObjectNode rope = (ObjectNode) four.remove("rope_parameters");
        four.set("torch_dtype", four.remove("dtype"));
        if (rope.has("full_attention")) {
            four.set("rope_theta", rope.at("/full_attention/rope_theta"));
            four.set("rope_local_base_freq", rope.at("/sliding_attention/rope_theta"));
            return four;
        }
        four.set("rope_theta", rope.remove("rope_theta"));
        if (rope.has("partial_rotary_factor")) {
            four.set("partial_rotary_factor", rope.remove("partial_rotary_factor"));
        }
        if (!rope.path("rope_type").asText().equals("default")) {
            four.set("rope_scaling", rope);
        }
        return four;
    }

    @Test
    @Tag("golden")
    void layersKeepTheirKindWhenOthersGo() {
        ModelConfig gemma = ModelConfig.of(stored("gemma3")).withShape(64, 160, 4, 2, List.of(1, 2));
        assertThat(gemma.json().get("layer_types").toString()).isEqualTo("[\"sliding_attention\",\"full_attention\"]");
        ModelConfig smol = ModelConfig.of(stored("smollm3")).withShape(64, 160, 4, 2, List.of(0, 3));
        assertThat(smol.json().get("no_rope_layers").toString()).isEqualTo("[1,0]");
        ObjectNode counted = stored("smollm3");
        counted.remove("no_rope_layers");
        assertThat(ModelConfig.of(counted)
                        .withShape(64, 160, 4, 2, List.of(1, 2))
                        .json()
                        .get("no_rope_layers")
                        .toString())
                .as("spelt out where the file had counted")
                .isEqualTo("[0,1]");
    }

    @Test
    @Tag("golden")
    void whatAFamilyCannotLoseIsRefusedByName() {
        assertThatThrownBy(() ->
                        new PruningTargets(null, null, 32, null, null, null).check(ModelConfig.of(stored("gemma3"))))
                .hasMessageContaining("hidden 32: must be 64 in a model of gemma3_text: its embeddings");
        assertThatThrownBy(() ->
                        new PruningTargets(null, null, null, null, 2, null).check(ModelConfig.of(stored("olmo2"))))
                .hasMessageContaining("heads 2: must be 4 in a model of olmo2");
        assertThatThrownBy(() ->
                        new PruningTargets(null, null, null, 24, null, null).check(ModelConfig.of(stored("qwen3-moe"))))
                .hasMessageContaining("ffn 24: must be 48 in a model of qwen3_moe");
        assertThatThrownBy(() -> new PruningTargets(null, null, null, null, null, null, 1)
                        .check(ModelConfig.of(stored("qwen3-moe"))))
                .hasMessageContaining("experts 1: must be from 2");
        assertThatThrownBy(() -> new PruningTargets(null, null, null, null, null, null, 1)
                        .check(ModelConfig.of(stored("olmo2"))))
                .hasMessageContaining("experts 1: must not be named");
    }

    @Test
    @Tag("golden")
    void aLanguageModelInsideOneThatSeesIsReadAlone() {
        ObjectNode text = stored("qwen3_5");
        ObjectNode outer = JSON.createObjectNode().put("model_type", "qwen3_5").put("tie_word_embeddings", true);
        ObjectNode inner = text.deepCopy();
        inner.remove("tie_word_embeddings");
        outer.set("text_config", inner);
        ModelConfig nested = ModelConfig.of(outer);
        assertThat(nested.tieWordEmbeddings()).as("told outside").isTrue();
        assertThat(nested.tensors()).hasSize(ModelConfig.of(text).tensors().size() - 1);
        assertThat(nested.json().get("model_type").asText()).isEqualTo("qwen3_5_text");
    }
}
