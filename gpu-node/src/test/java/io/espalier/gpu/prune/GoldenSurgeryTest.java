package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From the original code's importances we keep the indices it keeps, and cut the tensors it cuts, bit for bit. */
@Tag("golden")
@Timeout(60)
class GoldenSurgeryTest {
    @TempDir
    Path temporary;

    @TestFactory
    Stream<DynamicTest> everyPrunedCheckpointIsReproduced() {
        return Shared.goldenCases("surgery", false, folder -> Files.exists(folder.resolve("importance.safetensors")))
                .stream()
                .flatMap(this::cases);
    }

    private Stream<DynamicTest> cases(Path folder) {
        try {
            JsonNode expected =
                    new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
            List<DynamicTest> tests = new ArrayList<>();
            expected.get("pruned").fieldNames().forEachRemaining(tag -> {
                tests.add(
                        DynamicTest.dynamicTest(folder.getFileName() + " " + tag, () -> check(folder, expected, tag)));
            });
            return tests.stream();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void check(Path folder, JsonNode expected, String tag) {
        String source = expected.get("source").asText();
        Path sibling = folder.resolveSibling(source);
        Path model = Files.isDirectory(sibling) ? sibling : Shared.require(source);
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            ModelConfig config = directory.config();
            PruningPlan plan = tag.startsWith("kvgroups")
                    ? groupPlan(config, expected.get("chosen"))
                    : chosenPlan(folder, expected, tag, config);
            Path target = temporary.resolve(folder.getFileName() + "-" + tag);
            ModelConfig pruned = Pruner.prune(directory, plan, target, Long.MAX_VALUE);
            assertThat(pruned.parameters())
                    .isEqualTo(expected.at("/pruned/" + tag + "/num_params").asLong());
            if (Files.isDirectory(folder.resolve("pruned-" + tag))) {
                assertSameTensors(target, folder.resolve("pruned-" + tag));
            }
        }
    }

    private static PruningPlan chosenPlan(Path folder, JsonNode expected, String tag, ModelConfig config) {
        PruningTargets targets = targets(tag, expected.get("targets"));
        PruningPlan plan = PruningPlan.choose(config, targets, importance(folder, config.numHiddenLayers()));
        assertChosen(plan, expected.get("chosen"), targets);
        return plan;
    }

    /** Whole key-value groups go: no target asks for that yet, but a plan can say it. */
    private static PruningPlan groupPlan(ModelConfig config, JsonNode chosen) {
        int groupSize = config.numAttentionHeads() / config.numKeyValueHeads();
        List<Integer> layers =
                IntStream.range(0, config.numHiddenLayers()).boxed().toList();
        List<List<Integer>> groups =
                layers.stream().map(l -> ints(chosen.get("groups.layer" + l))).toList();
        List<List<Integer>> heads = groups.stream()
                .map(kept -> kept.stream()
                        .flatMap(g -> IntStream.range(g * groupSize, (g + 1) * groupSize)
                                .boxed())
                        .toList())
                .toList();
        List<Integer> ffn =
                IntStream.range(0, config.intermediateSize()).boxed().toList();
        return new PruningPlan(
                PruningPlan.Shape.of(config),
                layers,
                IntStream.range(0, config.hiddenSize()).boxed().toList(),
                java.util.Collections.nCopies(layers.size(), ffn),
                groups,
                heads);
    }

    private static PruningTargets targets(String tag, JsonNode t) {
        boolean combined = tag.equals("combined");
        return new PruningTargets(
                combined || tag.startsWith("layers") ? t.get("layers").asInt() : null,
                null,
                combined || tag.startsWith("hidden") ? t.get("hidden").asInt() : null,
                combined || tag.startsWith("ffn") ? t.get("ffn").asInt() : null,
                combined || tag.startsWith("heads") ? t.get("heads").asInt() : null);
    }

    private static Importance importance(Path folder, int layers) {
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("importance.safetensors"))) {
            return new Importance(
                    doubles(file, "hidden"),
                    IntStream.range(0, layers)
                            .mapToObj(l -> doubles(file, "ffn.layer" + l))
                            .toArray(double[][]::new),
                    IntStream.range(0, layers)
                            .mapToObj(l -> doubles(file, "heads.layer" + l))
                            .toArray(double[][]::new),
                    doubles(file, "block_influence"));
        }
    }

    private static double[] doubles(SafetensorsFile file, String name) {
        float[] floats = Vectors.floats(file, name);
        return IntStream.range(0, floats.length).mapToDouble(i -> floats[i]).toArray();
    }

    private static void assertChosen(PruningPlan plan, JsonNode chosen, PruningTargets targets) {
        if (targets.layers() != null) {
            assertThat(plan.layers()).isEqualTo(ints(chosen.get("layers")));
        }
        if (targets.hidden() != null) {
            assertThat(plan.hidden()).isEqualTo(ints(chosen.get("hidden")));
        }
        for (int i = 0; i < plan.layers().size(); i++) {
            int layer = plan.layers().get(i);
            if (targets.ffn() != null) {
                assertThat(plan.ffn().get(i)).isEqualTo(ints(chosen.get("ffn.layer" + layer)));
            }
            if (targets.heads() != null) {
                assertThat(plan.heads().get(i)).isEqualTo(ints(chosen.get("heads.layer" + layer)));
            }
        }
    }

    private static List<Integer> ints(JsonNode array) {
        List<Integer> ints = new ArrayList<>();
        array.forEach(node -> ints.add(node.asInt()));
        return ints;
    }

    private static void assertSameTensors(Path actual, Path expected) {
        try (ModelDirectory ours = ModelDirectory.open(actual);
                ModelDirectory theirs = ModelDirectory.open(expected)) {
            assertThat(ours.config().json()).isEqualTo(theirs.config().json());
            for (TensorSpec spec : theirs.config().tensors()) {
                assertThat(ours.tensor(spec.name())
                                .bytes()
                                .mismatch(theirs.tensor(spec.name()).bytes()))
                        .as(spec.name())
                        .isEqualTo(-1);
            }
        }
    }
}
