package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Shared;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A student that runs its layers again for their gradients takes the same steps, bit by bit, as one that keeps all. */
@Timeout(120)
class RecomputeTest {
    private static final int STEPS = 4;

    @TempDir
    Path temporary;

    private static ModelConfig deep(boolean tied) {
        ObjectNode json = TinyModel.config().json().deepCopy();
        return ModelConfig.of(json.put("num_hidden_layers", 4).put("tie_word_embeddings", tied));
    }

    private static Place place(Site site, int layer) {
        return new Place(site, layer);
    }

    private static FeatureLoss.Pair pair(FeatureLoss.Kind kind, Place place, FeatureLoss.Projection projection) {
        return new FeatureLoss.Pair(kind, place, place, projection);
    }

    private static FeatureLoss stream() {
        return new FeatureLoss(
                List.of(
                        pair(FeatureLoss.Kind.MSE, place(Site.LAYER_OUTPUT, 0), null),
                        pair(FeatureLoss.Kind.COSINE, place(Site.LAYER_OUTPUT, 0), null),
                        pair(FeatureLoss.Kind.COSINE, place(Site.LAYER_OUTPUT, 2), null),
                        pair(FeatureLoss.Kind.NORMALISED_MSE, place(Site.LAYER_OUTPUT, 3), null),
                        pair(FeatureLoss.Kind.COSINE, place(Site.FINAL_NORM, 4), null)),
                3,
                true,
                List.of());
    }

    private static FeatureLoss projected() {
        FeatureLoss.Projection projection = new FeatureLoss.Projection("p", 16, 16);
        return new FeatureLoss(
                List.of(
                        pair(FeatureLoss.Kind.MSE, place(Site.LAYER_INPUT, 0), projection),
                        pair(FeatureLoss.Kind.MSE, place(Site.LAYER_OUTPUT, 1), projection)),
                0.7,
                false,
                List.of());
    }

    @TestFactory
    Stream<DynamicTest> theSameStepsBitByBit() {
        Map<String, Case> cases = new LinkedHashMap<>();
        cases.put("plain", new Case(deep(false), FeatureLoss.NONE, Frozen.NONE));
        cases.put("tied", new Case(deep(true), FeatureLoss.NONE, Frozen.NONE));
        cases.put("hidden states", new Case(deep(false), stream(), Frozen.NONE));
        cases.put("projected states, tied", new Case(deep(true), projected(), Frozen.NONE));
        cases.put(
                "frozen embedding",
                new Case(deep(false), stream(), new Frozen(List.of("model.embed_tokens.weight", "model.layers.2.*"))));
        cases.put(
                "frozen lower layers",
                new Case(
                        deep(false),
                        FeatureLoss.NONE,
                        new Frozen(List.of("model.embed_tokens.weight", "model.layers.0.*", "model.layers.1.*"))));
        return Stream.of(Dtype.F32, Dtype.BF16)
                .flatMap(dtype -> cases.entrySet().stream()
                        .map(entry -> DynamicTest.dynamicTest(
                                entry.getKey() + " " + dtype,
                                () -> assertThat(steps(entry.getValue(), dtype, true))
                                        .isEqualTo(steps(entry.getValue(), dtype, false)))));
    }

    private record Case(ModelConfig config, FeatureLoss features, Frozen frozen) {}

    /** Loss and gradient norm of each step, and the weights and moments at the end. */
    private Map<String, String> steps(Case what, Dtype dtype, boolean recompute) throws IOException {
        OptimizerSettings settings =
                new OptimizerSettings(step -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), false, 2, what.frozen);
        try (LocalTeacher teacher = new LocalTeacher(
                        Torch.open("cpu", dtype, 1), what.config, new RandomWeights(what.config, 2), what.features);
                LocalStudent student = new LocalStudent(
                        Torch.open("cpu", dtype, 1),
                        what.config,
                        LocalStudent.withNewProjections(new RandomWeights(what.config, 1), what.features, 3),
                        settings,
                        new Objective(LossMix.FORWARD_KL, what.features),
                        new ChunkedHead(1 << 12),
                        (path, config, torch, weights) -> {},
                        recompute)) {
            List<StepReport> reports = new ArrayList<>();
            for (TokenBatch batch : TinyModel.batches(new Random(7), 2 * STEPS, 3, 12)) {
                try (TeacherSignal signal = teacher.forward(batch)) {
                    reports.add(student.step(batch, signal));
                }
            }
            assertThat(reports.getLast().gradNorm()).isPositive().isFinite();
            return state(student, reports);
        }
    }

    private Map<String, String> state(LocalStudent student, List<StepReport> reports) throws IOException {
        Map<String, String> state = new LinkedHashMap<>();
        // As text, which tells all bits of a number and takes NaN for what it is.
        reports.forEach(report -> state.put("report of batch " + report.sequence(), report.toString()));
        for (String name : student.weights().names()) {
            state.put(
                    name, "hash " + Arrays.hashCode(student.weights().get(name).toFloatArray()));
        }
        Path files = Files.createTempDirectory(temporary, "state");
        try (Snapshot snapshot = student.snapshot()) {
            state.put("weights and projections", snapshot.writeWeights(files.resolve("weights")));
            state.put("moments", snapshot.writeMoments(files.resolve("moments")));
        }
        return state;
    }

    @TestFactory
    @Tag("golden")
    Stream<DynamicTest> goldenModelsTakeTheSameStepsToo() {
        return Shared.goldenCases(
                        "model",
                        true,
                        folder -> Files.exists(folder.resolve("grads.safetensors")) && GoldenModelTest.isModel(folder))
                .stream()
                .map(folder -> DynamicTest.dynamicTest(
                        folder.getFileName().toString(),
                        () -> assertThat(train(folder, true)).isEqualTo(train(folder, false))));
    }

    private Map<String, String> train(Path folder, boolean recompute) throws IOException {
        OptimizerSettings settings =
                new OptimizerSettings(step -> 1e-3, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), false, 1, Frozen.NONE);
        try (ModelDirectory directory = ModelDirectory.open(folder)) {
            int vocabSize = directory.config().vocabSize();
            Function<String, TensorData> source = directory::tensor;
            try (LocalStudent student = new LocalStudent(
                    Torch.open("cpu", Dtype.F32, 0),
                    directory.config(),
                    source,
                    settings,
                    Objective.of(LossMix.CROSS_ENTROPY),
                    new ChunkedHead(8 * 4 * 300),
                    (path, config, torch, weights) -> {},
                    recompute)) {
                int[] ids = new Random(3).ints(4 * 33, 0, vocabSize).toArray();
                TokenBatch batch = new TokenBatch(0, 4, 32, ids, null, List.of());
                TokenBatch again = new TokenBatch(1, 4, 32, ids, null, List.of());
                return state(student, List.of(student.step(batch, null), student.step(again, null)));
            }
        }
    }
}
