package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.FloatFormat;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsWriter;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A loss that can be made up for exactly is; and a plan carries the compensation, byte for byte. */
@Timeout(60)
class CompensationTest {
    private static final ModelConfig MODEL = TinyModel.config();
    private static final double RIDGE = 1e-7;

    @TempDir
    Path temporary;

    private final List<TokenBatch> text = TinyModel.batches(new Random(3), 4, 4, 12);

    /** A tiny model with some weights changed. */
    private Path model(BiFunction<String, float[], float[]> change) {
        Path random = TinyModel.write(temporary.resolve("random"), 9);
        try (ModelDirectory directory = ModelDirectory.open(random)) {
            return TinyModel.write(
                    temporary.resolve("model"),
                    MODEL,
                    name -> FloatFormat.store(
                            change.apply(name, FloatFormat.floats(directory.tensor(name))), TensorType.F32),
                    Long.MAX_VALUE);
        }
    }

    private static void assertSameLogits(Path one, Path other, TokenBatch batch, double tolerance) {
        float[] expected = Runs.logits(one, batch);
        float[] actual = Runs.logits(other, batch);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within((float) tolerance));
        }
    }

    @Test
    void gainsMakeUpForChannelsThatWereAlwaysZero() {
        int kept = 12;
        Path model = model((name, w) -> withoutChannels(name, w, kept));
        ActivationStatistics sums = Runs.calibrate(model, text);
        Importance importance = Importance.of(sums, MODEL, ImportanceSettings.REFERENCE);
        PruningPlan plan =
                PruningPlan.choose(MODEL, new PruningTargets(null, null, kept, null, null, null), importance);
        assertThat(plan.hidden()).isEqualTo(IntStream.range(0, kept).boxed().toList());
        Compensation gains;
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            gains = NormGains.of(directory, plan, sums);
        }
        double expected = Math.sqrt(16.0 / kept);
        assertThat(gains.finalGain()).isCloseTo(expected, within(1e-5));
        assertThat(gains.attentionGain()).allSatisfy(g -> assertThat(g).isCloseTo(expected, within(1e-5)));
        assertThat(gains.mlpGain()).allSatisfy(g -> assertThat(g).isCloseTo(expected, within(1e-5)));
        Path cut = Runs.prune(model, plan.with(gains), temporary.resolve("cut"));
        assertSameLogits(model, cut, text.getFirst(), 1e-4);
        Path again = Runs.prune(model, PruningPlan.read(cut.resolve(Pruner.PLAN_FILE)), temporary.resolve("again"));
        assertThat(Runs.digest(again)).as("a plan carries its gains").isEqualTo(Runs.digest(cut));
    }

    /** Nothing writes to the residual channels from {@code kept} on. */
    private static float[] withoutChannels(String name, float[] w, int kept) {
        int hidden = MODEL.hiddenSize();
        if (name.endsWith("embed_tokens.weight")) {
            for (int i = 0; i < w.length; i++) {
                w[i] = i % hidden < kept ? w[i] : 0;
            }
        } else if (name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight")) {
            int width = w.length / hidden;
            for (int i = kept * width; i < w.length; i++) {
                w[i] = 0;
            }
        }
        return w;
    }

    /** Neurons 12 to 23 do what 0 to 11 do, with other weights down. */
    private static float[] withTwins(String name, float[] w) {
        if (name.endsWith("gate_proj.weight") || name.endsWith("up_proj.weight")) {
            System.arraycopy(w, 0, w, w.length / 2, w.length / 2);
        }
        return w;
    }

    private PruningPlan firstHalfOfNeurons() {
        List<Integer> half = IntStream.range(0, 12).boxed().toList();
        List<Integer> hidden = IntStream.range(0, 16).boxed().toList();
        return new PruningPlan(
                PruningPlan.Shape.of(MODEL),
                "",
                List.of(0, 1),
                hidden,
                List.of(half, half),
                List.of(List.of(0, 1), List.of(0, 1)),
                List.of(List.of(0, 1, 2, 3), List.of(0, 1, 2, 3)),
                Compensation.NONE);
    }

    private PruningPlan refit(Path model, PruningPlan plan, Path file) {
        try (ModelDirectory directory = ModelDirectory.open(model);
                Torch torch = Torch.open("cpu", Dtype.F32, 1);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32);
                PrunedModel pruned = new PrunedModel(directory, plan, null);
                Refit refit = new Refit(torch, new CausalLm(torch, directory.config()), weights, plan, List.of(0, 1))) {
            text.forEach(refit::add);
            List<SafetensorsWriter.Entry> entries = Refit.entries(pruned, plan, MODEL);
            assertThat(entries).extracting(SafetensorsWriter.Entry::name).allMatch(n -> n.endsWith("down_proj.weight"));
            try (SafetensorsWriter writer = SafetensorsWriter.create(file, entries, Map.of())) {
                entries.forEach(entry -> {
                    assertThat(refit.covers(pruned, entry.name())).isTrue();
                    writer.write(refit.solve(directory, pruned, entry.name(), RIDGE));
                });
                return plan.with(plan.compensation().withRefit(writer.finish()));
            }
        }
    }

    @Test
    void refittingMakesUpForNeuronsThatOthersRepeat() {
        Path model = model(CompensationTest::withTwins);
        Path file = temporary.resolve("refit");
        PruningPlan plan = refit(model, firstHalfOfNeurons(), file);
        Path cut = temporary.resolve("cut");
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            Pruner.prune(directory, plan, file, cut, Long.MAX_VALUE, _ -> {});
        }
        assertSameLogits(model, cut, text.getLast(), 2e-3);
        Path bare = Runs.prune(model, firstHalfOfNeurons(), temporary.resolve("bare"));
        assertThat(Runs.logits(bare, text.getLast())[0])
                .isNotCloseTo(Runs.logits(model, text.getLast())[0], within(2e-3f));
        Path again = temporary.resolve("again");
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            Pruner.prune(
                    directory,
                    PruningPlan.read(cut.resolve(Pruner.PLAN_FILE)),
                    cut.resolve(Compensation.REFIT_FILE),
                    again,
                    Long.MAX_VALUE,
                    _ -> {});
        }
        assertThat(Runs.digest(again)).as("a plan finds its refitted weights").isEqualTo(Runs.digest(cut));
    }

    @Test
    void refittedWeightsThatAreMissingOrChangedAreRefused() throws IOException {
        Path model = model(CompensationTest::withTwins);
        Path file = temporary.resolve("refit");
        PruningPlan plan = refit(model, firstHalfOfNeurons(), file);
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            Path target = temporary.resolve("cut");
            assertThatThrownBy(() ->
                            Pruner.prune(directory, plan, temporary.resolve("absent"), target, Long.MAX_VALUE, _ -> {}))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("absent");
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length - 1] ^= 1;
            Files.write(file, bytes);
            assertThatThrownBy(() -> Pruner.prune(directory, plan, file, target, Long.MAX_VALUE, _ -> {}))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("SHA-256");
            assertThat(target).doesNotExist();
        }
    }
}
