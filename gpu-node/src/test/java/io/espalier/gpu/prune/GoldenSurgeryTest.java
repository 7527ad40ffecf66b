package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
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

/** The original code's importances lead to the indices that it keeps and the tensors that it cuts, bit for bit. */
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
            PruningPlan plan = chosenPlan(folder, expected, tag, directory.config());
            Path target = temporary.resolve(folder.getFileName() + "-" + tag);
            ModelConfig pruned =
                    Pruner.prune(directory, plan.withDigest(directory.digest()), null, target, Long.MAX_VALUE, _ -> {});
            assertThat(pruned.parameters())
                    .isEqualTo(expected.at("/pruned/" + tag + "/num_params").asLong());
            if (Files.isDirectory(folder.resolve("pruned-" + tag))) {
                assertSameTensors(target, folder.resolve("pruned-" + tag));
            }
            assertLogits(folder, target, tag);
        }
    }

    private static PruningPlan chosenPlan(Path folder, JsonNode expected, String tag, ModelConfig config) {
        PruningTargets targets = targets(tag, expected.get("targets"));
        PruningPlan plan = PruningPlan.choose(config, targets, importance(folder, config.numHiddenLayers()));
        assertChosen(plan, expected.get("chosen"), targets);
        return plan;
    }

    private static PruningTargets targets(String tag, JsonNode t) {
        boolean combined = tag.equals("combined");
        return new PruningTargets(
                combined || tag.startsWith("layers") ? t.get("layers").asInt() : null,
                null,
                combined || tag.startsWith("hidden") ? t.get("hidden").asInt() : null,
                combined || tag.startsWith("ffn") ? t.get("ffn").asInt() : null,
                combined || tag.startsWith("heads") ? t.get("heads").asInt() : null,
                tag.startsWith("kvgroups") ? Integer.valueOf(tag.substring("kvgroups".length())) : null);
    }

    private static Importance importance(Path folder, int layers) {
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("importance.safetensors"))) {
            return new Importance(
                    doubles(file, "hidden"),
                    perLayer(file, "ffn.layer", layers),
                    perLayer(file, "heads.layer", layers),
                    perLayer(file, "groups.layer", layers),
                    DepthScores.ofLayers(DepthCriterion.BLOCK_INFLUENCE, doubles(file, "block_influence")));
        }
    }

    private static double[][] perLayer(SafetensorsFile file, String prefix, int layers) {
        return IntStream.range(0, layers)
                .mapToObj(l -> doubles(file, prefix + l))
                .toArray(double[][]::new);
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
            if (targets.queryGroups() != null) {
                assertThat(plan.groups().get(i)).isEqualTo(ints(chosen.get("groups.layer" + layer)));
            }
        }
    }

    /** Logits of the pruned model (atol 1e-3: the residual stream of the real teacher reaches large values). */
    private static void assertLogits(Path folder, Path pruned, String tag) {
        try (SafetensorsFile inputs = SafetensorsFile.open(folder.resolve("inputs.safetensors"));
                SafetensorsFile expected = SafetensorsFile.open(folder.resolve("expected_logits.safetensors"));
                ModelDirectory directory = ModelDirectory.open(pruned);
                Torch torch = Torch.open("cpu", Dtype.F32, 0);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32);
                Scope scope = torch.inference()) {
            if (!expected.has(tag + ".logits")) {
                return;
            }
            CausalLm model = new CausalLm(torch, directory.config());
            int rows = (int) Vectors.shape(inputs, "eval_ids")[0];
            NDArray ids = scope.ids(Vectors.longs(inputs, "eval_ids"), rows);
            NDArray hidden = model.hidden(scope, ids, weights, Taps.NONE);
            float[] logits = scope.linear(hidden, weights.get(model.headName())).toFloatArray();
            float[] theirs = Vectors.floats(expected, tag + ".logits");
            assertThat(logits).hasSize(theirs.length);
            for (int i = 0; i < theirs.length; i++) {
                assertThat(logits[i]).as(tag + " logit " + i).isCloseTo(theirs[i], within(1e-3f));
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
