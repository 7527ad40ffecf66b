package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Targets that do not fit are refused by their option; a plan is complete and survives its file. */
class PruningPlanTest {
    private static final ModelConfig MODEL = TinyModel.config();
    private static final Importance IMPORTANCE = importance();

    @TempDir
    Path temporary;

    private static Importance importance() {
        return new Importance(
                IntStream.range(0, 16).mapToDouble(i -> i % 5).toArray(),
                new double[][] {IntStream.range(0, 24).mapToDouble(i -> -i).toArray(), new double[24]},
                new double[][] {{1, 2, 9, 3}, {0, 0, 0, 0}},
                new double[][] {{2, 9}, {0, 0}},
                DepthScores.ofLayers(DepthCriterion.BLOCK_INFLUENCE, 0.5, 0.1));
    }

    private static PruningPlan choose(Integer layers, List<Integer> drop, Integer hidden, Integer ffn, Integer heads) {
        return PruningPlan.choose(MODEL, new PruningTargets(layers, drop, hidden, ffn, heads, null), IMPORTANCE);
    }

    @Test
    void keepsTheBestAndOfEqualsTheFirst() {
        assertThat(choose(1, null, null, null, null).layers()).containsExactly(0);
        assertThat(choose(null, null, 4, null, null).hidden()).containsExactly(3, 4, 9, 14);
        assertThat(choose(null, null, null, 2, null).ffn()).containsExactly(List.of(0, 1), List.of(0, 1));
        assertThat(choose(null, null, null, null, 2).heads())
                .as("one of each key-value group")
                .containsExactly(List.of(1, 2), List.of(0, 2));
    }

    @Test
    void refusesTargetsThatDoNotFit() {
        assertUsage(() -> choose(null, null, null, null, null), "needs a target");
        assertUsage(() -> choose(3, null, null, null, null), "layers 3: must be from 1 to the model's 2");
        assertUsage(() -> choose(0, null, null, null, null), "layers 0");
        assertUsage(() -> choose(null, null, 17, null, null), "hidden 17: must be from 1 to the model's 16");
        assertUsage(() -> choose(null, null, null, -1, null), "ffn -1");
        assertUsage(() -> choose(null, null, null, null, 3), "heads 3: must be a multiple of the 2 key-value heads");
        assertUsage(() -> choose(null, List.of(2), null, null, null), "drop-layers 2: must be from 0 to 1");
        assertUsage(() -> choose(null, List.of(1, 1), null, null, null), "must not name a layer twice");
        assertUsage(() -> choose(null, List.of(0, 1), null, null, null), "must leave at least one");
        assertUsage(() -> choose(1, List.of(0), null, null, null), "excludes layers");
    }

    private static void assertUsage(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call)
                .hasMessageContaining(message)
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.USAGE));
    }

    @Test
    void aPlanReadBackCutsTheSameBytes() throws IOException {
        Path model = TinyModel.write(temporary.resolve("model"), 3);
        PruningPlan plan = choose(1, null, 8, 12, 2);
        Path first = temporary.resolve("first");
        Path second = temporary.resolve("second");
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            Pruner.prune(directory, plan.withDigest(directory.digest()), null, first, Long.MAX_VALUE, _ -> {});
            PruningPlan again = PruningPlan.read(first.resolve(Pruner.PLAN_FILE));
            Pruner.prune(directory, again, null, second, Long.MAX_VALUE, _ -> {});
        }
        assertThat(second.resolve("model.safetensors")).hasSameBinaryContentAs(first.resolve("model.safetensors"));
    }

    @Test
    void theLayoutOfShardsDoesNotMatter() {
        RandomWeights weights = new RandomWeights(MODEL, 3);
        PruningPlan plan = choose(1, null, 8, 12, 2);
        Set<String> digests = new HashSet<>();
        for (long shardBytes : List.of(Long.MAX_VALUE, 20_000L, 4_000L)) {
            Path model = TinyModel.write(
                    temporary.resolve("model-" + shardBytes),
                    MODEL,
                    name -> weights.apply(name).bytes(),
                    shardBytes);
            for (long outBytes : List.of(Long.MAX_VALUE, 3_000L)) {
                Path target = temporary.resolve("cut-" + shardBytes + "-" + outBytes);
                try (ModelDirectory directory = ModelDirectory.open(model)) {
                    Pruner.prune(directory, plan, null, target, outBytes, _ -> {});
                }
                digests.add(Runs.digest(target));
            }
        }
        assertThat(digests).hasSize(1);
    }

    @Test
    void aPlanNamesTheWeightsThatItIsFor() throws IOException {
        Path model = TinyModel.write(temporary.resolve("model"), 3);
        Path cut = Runs.prune(model, choose(1, null, null, null, null), temporary.resolve("cut"));
        PruningPlan plan = PruningPlan.read(cut.resolve(Pruner.PLAN_FILE));
        assertThat(plan.digest()).isEqualTo(Runs.digest(model));
        Path other = TinyModel.write(temporary.resolve("other"), 4);
        Path target = temporary.resolve("target");
        assertThatThrownBy(() -> Runs.prune(other, plan, target))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("the plan is for another model");
        assertThat(target).doesNotExist();
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(name -> name.startsWith("."));
        }
    }

    @Test
    void refusesAPlanFileThatIsDamagedOrForAnotherModel() throws IOException {
        Path file = temporary.resolve("plan.json");
        Files.writeString(
                file, choose(1, null, null, null, null).toJson().replace("\"layers\" : [ 0 ]", "\"layers\" : [ 7 ]"));
        assertThatThrownBy(() -> PruningPlan.read(file))
                .hasMessageContaining("layers is 7: must be ascending and below 2");
        String twoOfOneGroup = choose(null, null, null, null, 2).toJson().replace("[ 1, 2 ]", "[ 0, 1 ]");
        Files.writeString(file, twoOfOneGroup);
        assertThatThrownBy(() -> PruningPlan.read(file))
                .hasMessageContaining("heads[0] is [0, 1]: must be the same number of heads of each kept group [0, 1]");
        Files.writeString(file, "{\"surprise\": 1}");
        assertThatThrownBy(() -> PruningPlan.read(file))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("must be a pruning plan");
        ModelConfig other = MODEL.withShape(8, 24, 4, 2, List.of(0, 1));
        assertThatThrownBy(() -> choose(1, null, null, null, null).apply(other))
                .hasMessageContaining("must be the model's shape");
    }
}
