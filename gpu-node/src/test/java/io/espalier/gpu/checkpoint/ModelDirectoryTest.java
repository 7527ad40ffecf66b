package io.espalier.gpu.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.train.GoldenModelTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Model directories come back bit for bit, in any number of shards, and are never left looking complete when cut off. */
class ModelDirectoryTest {
    @TempDir
    Path temporary;

    @TestFactory
    @Tag("golden")
    Stream<DynamicTest> readWriteReadIsBitIdentical() {
        return Shared.goldenCases(
                        "round trip", true, f -> Files.exists(f.resolve("config.json")) && GoldenModelTest.isKnown(f))
                .stream()
                .flatMap(f -> Stream.of(1L, Long.MAX_VALUE)
                        .map(shard -> DynamicTest.dynamicTest(
                                f.getFileName() + (shard == 1 ? " sharded" : ""), () -> roundTrip(f, shard))));
    }

    private void roundTrip(Path source, long maxShardBytes) {
        Path copy = temporary.resolve(source.getFileName() + "-" + maxShardBytes);
        try (ModelDirectory directory = ModelDirectory.open(source)) {
            write(directory, copy, maxShardBytes);
            try (ModelDirectory again = ModelDirectory.open(copy)) {
                assertThat(again.config().json()).isEqualTo(directory.config().json());
                for (TensorSpec spec : directory.config().tensors()) {
                    TensorData before = directory.tensor(spec.name());
                    TensorData after = again.tensor(spec.name());
                    assertThat(after.type()).isEqualTo(before.type());
                    assertThat(after.bytes().mismatch(before.bytes()))
                            .as(spec.name())
                            .isEqualTo(-1);
                }
            }
        }
    }

    private static void write(ModelDirectory directory, Path target, long maxShardBytes) {
        try (ModelDirectoryWriter writer = ModelDirectoryWriter.create(
                target, directory.config(), s -> directory.tensor(s.name()).type(), directory.path(), maxShardBytes)) {
            for (TensorSpec spec : directory.config().tensors()) {
                writer.begin(spec.name());
                writer.write(directory.tensor(spec.name()).bytes());
            }
            writer.commit();
        }
    }

    @Test
    void writesTheMetadataAndCompanionsThatOthersExpect() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny"), 1);
        Files.writeString(model.resolve("tokenizer.json"), "{}");
        Path copy = temporary.resolve("copy");
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            write(directory, copy, Long.MAX_VALUE);
        }
        assertThat(Files.readString(copy.resolve("tokenizer.json"))).isEqualTo("{}");
        byte[] head = Files.readAllBytes(copy.resolve("model.safetensors"));
        assertThat(new String(head, 8, 40, java.nio.charset.StandardCharsets.UTF_8))
                .startsWith("{\"__metadata__\":{\"format\":\"pt\"}");
    }

    @Test
    void leavesNothingBehindWithoutACommit() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny"), 1);
        Path target = temporary.resolve("target");
        try (ModelDirectory directory = ModelDirectory.open(model);
                ModelDirectoryWriter writer = ModelDirectoryWriter.create(
                        target, directory.config(), s -> TensorType.F32, model, Long.MAX_VALUE)) {
            writer.begin("model.embed_tokens.weight");
        }
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left).containsExactly(model);
        }
    }

    @Test
    void refusesToOverwriteAModel() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny"), 1);
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            assertThatThrownBy(() -> write(directory, model, Long.MAX_VALUE))
                    .isInstanceOfSatisfying(
                            Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.WRONG_STATE));
        }
    }

    @Test
    void namesATensorThatIsMissingOrMisshapen() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny"), 1);
        rewrite(model, "num_hidden_layers", 3);
        assertThatThrownBy(() -> ModelDirectory.open(model))
                .hasMessageContaining("tensor model.layers.2.input_layernorm.weight is absent: must be there");
        rewrite(model, "num_hidden_layers", 2);
        rewrite(model, "intermediate_size", 20);
        assertThatThrownBy(() -> ModelDirectory.open(model))
                .hasMessageContaining("mlp.gate_proj.weight.shape is [24, 16]: must be [20, 16] by config.json");
    }

    @Test
    void refusesAnIndexThatPointsOutsideItsDirectory() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny"), 1);
        Files.writeString(
                model.resolve("model.safetensors.index.json"),
                "{\"weight_map\":{\"model.norm.weight\":\"../elsewhere.safetensors\"}}");
        assertThatThrownBy(() -> ModelDirectory.open(model)).hasMessageContaining("must be a file of this directory");
    }

    private static void rewrite(Path model, String field, int value) throws IOException {
        ObjectNode json = ModelConfig.read(model).json().deepCopy().put(field, value);
        Files.write(model.resolve("config.json"), List.of(json.toString()));
    }
}
