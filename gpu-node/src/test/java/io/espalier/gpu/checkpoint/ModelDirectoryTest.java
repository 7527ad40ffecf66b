package io.espalier.gpu.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.TensorSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Model directories come back bit for bit, in any number of shards, and are never left looking complete when cut off. */
class ModelDirectoryTest {
    @TempDir
    Path temporary;

    @TestFactory
    @Tag("golden")
    Stream<DynamicTest> readWriteReadIsBitIdentical() {
        return Shared.goldenCases("round trip", true, f -> Files.exists(f.resolve("config.json"))).stream()
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
        Files.writeString(model.resolve("LICENSE.txt"), "mine");
        Files.writeString(
                Files.createDirectory(model.resolve("additional_chat_templates"))
                        .resolve("tool_use.jinja"),
                "t");
        Path copy = temporary.resolve("copy");
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            write(directory, copy, Long.MAX_VALUE);
        }
        assertThat(Files.readString(copy.resolve("tokenizer.json"))).isEqualTo("{}");
        assertThat(copy.resolve("LICENSE.txt")).hasContent("mine");
        assertThat(copy.resolve("additional_chat_templates/tool_use.jinja")).hasContent("t");
        byte[] head = Files.readAllBytes(copy.resolve("model.safetensors"));
        assertThat(new String(head, 8, 40, java.nio.charset.StandardCharsets.UTF_8))
                .startsWith("{\"__metadata__\":{\"format\":\"pt\"}");
    }

    @Test
    void aDirectoryWithRecordsTakesAModelAndItsTemplates() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny"), 1);
        Files.writeString(
                Files.createDirectory(model.resolve("additional_chat_templates"))
                        .resolve("tool_use.jinja"),
                "t");
        Path run = Files.createDirectory(temporary.resolve("run"));
        Files.writeString(run.resolve("metrics.jsonl"), "{}\n");
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            write(directory, run, Long.MAX_VALUE);
        }
        assertThat(run.resolve("additional_chat_templates/tool_use.jinja")).hasContent("t");
        assertThat(run.resolve("metrics.jsonl")).hasContent("{}");
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left).containsExactlyInAnyOrder(model, run);
        }
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
        Path model = sharded();
        Files.writeString(
                model.resolve("model.safetensors.index.json"),
                "{\"weight_map\":{\"model.norm.weight\":\"../elsewhere.safetensors\"}}");
        assertThatThrownBy(() -> ModelDirectory.open(model)).hasMessageContaining("must be a file of this directory");
    }

    /** The tiny model with a tensor a file. */
    private Path sharded() {
        return TinyModel.write(
                temporary.resolve("sharded"),
                TinyModel.config(),
                new RandomWeights(TinyModel.config(), 1).andThen(TensorData::bytes),
                1);
    }

    private static String digest(Path model) {
        return ModelDirectory.digestOf(model);
    }

    @Test
    void aSingleFileComesBeforeAnyIndex() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny"), 1);
        String digest = digest(model);
        Path index = model.resolve("model.safetensors.index.json");
        for (String stale :
                List.of("{\"weight_map\":{\"model.norm.weight\":\"model-00001-of-00009.safetensors\"}}", "{", "")) {
            Files.writeString(index, stale);
            assertThat(digest(model)).as(stale).isEqualTo(digest);
        }
    }

    @Test
    void theFilesTellWhereATensorIsWhateverTheIndexSays() throws IOException {
        Path model = sharded();
        String digest = digest(model);
        Path index = model.resolve("model.safetensors.index.json");
        ObjectNode json = (ObjectNode) LaxJson.read(index);
        ObjectNode map = (ObjectNode) json.get("weight_map");
        JsonNode norm = map.get("model.norm.weight");
        map.set("model.norm.weight", map.get("model.embed_tokens.weight"));
        map.set("model.embed_tokens.weight", norm);
        map.put("never.there", map.get("lm_head.weight").asText());
        Files.writeString(index, json.toString());
        assertThat(digest(model)).isEqualTo(digest);
        Path shard = model.resolve(map.get("lm_head.weight").asText());
        Files.delete(shard);
        assertThatThrownBy(() -> ModelDirectory.open(model))
                .hasMessageStartingWith(shard.toString())
                .hasMessageContaining("must be there: " + index + " names it");
    }

    @Test
    void configJsonMayNameTheFileOfWeights() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny"), 1);
        String digest = digest(model);
        Files.move(model.resolve("model.safetensors"), model.resolve("mine.safetensors"));
        assertThatThrownBy(() -> ModelDirectory.open(model)).hasMessageContaining("must hold model.safetensors or");
        rewrite(model, json -> json.put("transformers_weights", "mine.safetensors"));
        assertThat(digest(model)).isEqualTo(digest);
        rewrite(model, json -> json.put("transformers_weights", "../mine.safetensors"));
        assertThatThrownBy(() -> ModelDirectory.open(model)).hasMessageContaining("must be a file of this directory");
        rewrite(model, json -> json.remove("transformers_weights"));
        Files.move(model.resolve("mine.safetensors"), model.resolve("pytorch_model.bin"));
        assertThatThrownBy(() -> ModelDirectory.open(model)).hasMessageContaining("pytorch_model.bin is not read");
    }

    /** A model with tensors under names and with values of the test's choice. */
    private Path stored(String name, Map<String, String> sources) throws IOException {
        Path model = TinyModel.write(temporary.resolve(name), 1);
        List<SafetensorsWriter.Entry> entries = new ArrayList<>();
        List<byte[]> bytes = new ArrayList<>();
        try (SafetensorsFile file = SafetensorsFile.open(model.resolve("model.safetensors"))) {
            sources.forEach((stored, source) -> {
                TensorData tensor = file.tensor(source);
                entries.add(new SafetensorsWriter.Entry(
                        stored, tensor.type(), tensor.shape(), tensor.bytes().byteSize()));
                bytes.add(tensor.bytes().toArray(ValueLayout.JAVA_BYTE));
            });
        }
        Files.delete(model.resolve("model.safetensors"));
        try (SafetensorsWriter writer = SafetensorsWriter.create(model.resolve("model.safetensors"), entries)) {
            bytes.forEach(each -> writer.write(MemorySegment.ofArray(each)));
            writer.finish();
        }
        return model;
    }

    private static Map<String, String> names(Function<String, String> stored) {
        Map<String, String> names = new TreeMap<>();
        TinyModel.config().tensors().forEach(spec -> names.put(stored.apply(spec.name()), spec.name()));
        return names;
    }

    @Test
    void namesMayLackTheModelsPrefix() throws IOException {
        Path model = stored("bare", names(name -> name.replaceFirst("^model[.]", "")));
        assertThat(digest(model)).isEqualTo(digest(TinyModel.write(temporary.resolve("tiny"), 1)));
    }

    @Test
    void aHeadThatDiffersFromTheEmbeddingIsUsedThoughConfigJsonTiesThem() throws IOException {
        Path differs = TinyModel.write(temporary.resolve("differs"), 1);
        rewrite(differs, json -> json.put("tie_word_embeddings", true));
        try (ModelDirectory directory = ModelDirectory.open(differs)) {
            assertThat(directory.config().tieWordEmbeddings()).isFalse();
            assertThat(directory.config().json().get("tie_word_embeddings").asBoolean())
                    .isFalse();
        }
        Map<String, String> names = names(name -> name);
        names.put("lm_head.weight", "model.embed_tokens.weight");
        Path same = stored("same", names);
        rewrite(same, json -> json.put("tie_word_embeddings", true));
        try (ModelDirectory directory = ModelDirectory.open(same)) {
            assertThat(directory.config().tieWordEmbeddings()).isTrue();
        }
    }

    @Test
    void oneOfTwoTiedTensorsStandsForBothButNeverForAnUntiedOne() throws IOException {
        Map<String, String> names = names(name -> name);
        names.remove("model.embed_tokens.weight");
        Path model = stored("headless", names);
        assertThatThrownBy(() -> ModelDirectory.open(model))
                .hasMessageContaining("tensor model.embed_tokens.weight is absent");
        rewrite(model, json -> json.put("tie_word_embeddings", true));
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            TensorData embedding = directory.tensor("model.embed_tokens.weight");
            assertThat(embedding.name()).isEqualTo("model.embed_tokens.weight");
            assertThat(embedding
                            .bytes()
                            .mismatch(directory.tensor("lm_head.weight").bytes()))
                    .isEqualTo(-1);
        }
    }

    @Test
    void callsQuantisedTensorsQuantised() throws IOException {
        Path model = stored(
                "gptq",
                names(name ->
                        name.equals("model.layers.1.mlp.up_proj.weight") ? name.replace("weight", "qweight") : name));
        assertThatThrownBy(() -> ModelDirectory.open(model))
                .hasMessageContaining("tensor model.layers.1.mlp.up_proj.weight is absent")
                .hasMessageContaining("the checkpoint is quantised (it has model.layers.1.mlp.up_proj.qweight)");
    }

    private static void rewrite(Path model, String field, int value) throws IOException {
        rewrite(model, json -> json.put(field, value));
    }

    private static void rewrite(Path model, Consumer<ObjectNode> change) throws IOException {
        ObjectNode json = ModelConfig.read(model).json().deepCopy();
        change.accept(json);
        Files.write(model.resolve("config.json"), List.of(json.toString()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void weightsThatChangeWhileTheyAreReadAreRefusedByNameAndWhatWasMadeOfThemIsClosed(boolean cut) throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny-" + cut), 1);
        Path file = model.resolve("model.safetensors");
        AtomicInteger closed = new AtomicInteger();
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            assertThatThrownBy(() -> directory.load(() -> {
                        overwrite(file, cut);
                        return (AutoCloseable) closed::incrementAndGet;
                    }))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("model.safetensors");
        }
        assertThat(closed).hasValue(1);
    }

    private static void overwrite(Path file, boolean cut) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            if (cut) {
                channel.truncate(channel.size() - 1);
            } else {
                Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void pagesThatAreGoneAreARefusalAndNoError() throws IOException {
        Path model = TinyModel.write(temporary.resolve("tiny-gone"), 1);
        Path file = model.resolve("model.safetensors");
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            String name = directory.config().tensors().getLast().name();
            assertThatThrownBy(() -> directory.load(() -> {
                        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                            channel.truncate(0);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        byte[] read = directory.tensor(name).bytes().toArray(ValueLayout.JAVA_BYTE);
                        return () -> assertThat(read).isNotNull();
                    }))
                    .isInstanceOfSatisfying(
                            Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.TRY_AGAIN))
                    .hasMessageStartingWith(model + ": a file could not be read");
        }
    }
}
