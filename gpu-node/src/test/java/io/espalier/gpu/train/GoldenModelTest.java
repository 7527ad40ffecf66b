package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.eval.Generator;
import io.espalier.gpu.eval.Sampling;
import io.espalier.gpu.group.ParameterBlock;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/**
 * Every checkpoint under {@code golden/} gives the numbers of the original Python code: hidden states, logits, loss,
 * gradients, greedy text and the parameters after AdamW steps. Tolerances are those of the vectors' own README, told by
 * the rounding noise of each model where its vectors say what that is.
 */
@Tag("golden")
@Timeout(120)
class GoldenModelTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double LOSS = 1e-5;
    private static final Pattern EXPERT =
            Pattern.compile("(.*\\.mlp\\.experts)\\.(\\d+)\\.(gate|up|down)_proj\\.weight");
    private static final double AFTER_ADAMW = 2e-5;

    /** Small enough that every case needs several chunks. */
    private static final ChunkedHead HEAD = new ChunkedHead(8 * 4 * 300);

    @TestFactory
    Stream<DynamicNode> everyModelAgreesWithTheOriginal() {
        return Shared.goldenCases("model", true, GoldenModelTest::isModel).stream()
                .map(folder -> {
                    try {
                        return DynamicContainer.dynamicContainer(
                                folder.getFileName().toString(), tests(folder));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    static boolean isModel(Path folder) {
        return Files.exists(folder.resolve("config.json")) && Files.exists(folder.resolve("expected.json"));
    }

    /**
     * The distance that a model may have from the original: 1e-4, or more where the original itself is far from
     * float64.
     */
    private static double stateTolerance(JsonNode expected) {
        return Math.max(
                1e-4, 12 * expected.path("max_abs_logit_difference_to_float64").asDouble());
    }

    /** A fifth of that; 1e-5 in the vectors that do not tell the noise. */
    private static double gradientTolerance(JsonNode expected) {
        return expected.has("max_abs_logit_difference_to_float64") ? stateTolerance(expected) / 5 : 1e-5;
    }

    private static JsonNode expected(Path folder) throws IOException {
        return JSON.readTree(folder.resolve("expected.json").toFile());
    }

    private static Stream<DynamicTest> tests(Path folder) throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        tests.add(test("hidden states and logits", () -> agreesInStates(folder, "cpu")));
        tests.add(test("loss, whole and masked", () -> agreesInLoss(folder, "cpu")));
        if (Files.exists(folder.resolve("grads.safetensors"))) {
            tests.add(test("gradient of every parameter", () -> agreesInGradients(folder)));
        }
        if (expected(folder).has("greedy")) {
            tests.add(test("greedy text with the cache", () -> agreesInGreedyText(folder)));
        }
        if (expected(folder).has("parameters")) {
            tests.add(test("number of parameters", () -> agreesInParameters(folder)));
        }
        for (boolean decayAll : new boolean[] {true, false}) {
            String name = decayAll ? "adamw3_decay_all" : "adamw3_decay_2d_only";
            Path after = folder.resolve(name + ".safetensors");
            if (Files.exists(after)) {
                tests.add(test(name, () -> agreesAfterThreeSteps(folder, after, decayAll)));
            }
        }
        System.out.println("golden: " + folder.getFileName() + ": " + tests.size() + " checks");
        return tests.stream();
    }

    private static DynamicTest test(String name, Executable body) {
        return DynamicTest.dynamicTest(name, body);
    }

    static void agreesInStates(Path folder, String device) throws IOException {
        try (ModelDirectory directory = ModelDirectory.open(folder);
                SafetensorsFile expected = SafetensorsFile.open(folder.resolve("expected.safetensors"));
                Torch torch = Torch.open(device, Dtype.F32, 0);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32);
                Scope scope = torch.inference()) {
            CausalLm model = new CausalLm(torch, directory.config());
            double tolerance = stateTolerance(expected(folder));
            Taps taps = (site, layer, value) -> {
                switch (site) {
                    case LAYER_INPUT -> assertClose(expected, "hidden." + layer, value, tolerance);
                    case LAYER_OUTPUT -> assertClose(expected, "hidden." + (layer + 1), value, tolerance);
                    case FINAL_NORM -> assertClose(expected, "final_norm", value, tolerance);
                    case ATTENTION_NORM, O_PROJ_INPUT, MLP_NORM, DOWN_PROJ_INPUT, EXPERTS -> {}
                }
            };
            NDArray ids =
                    scope.ids(Vectors.longs(expected, "input_ids"), (int) Vectors.shape(expected, "input_ids")[0]);
            NDArray hidden = model.hidden(scope, ids, weights, taps);
            assertClose(expected, "logits", scope.linear(hidden, weights.get(model.headName())), tolerance);
        }
    }

    static void agreesInLoss(Path folder, String device) throws IOException {
        JsonNode json = expected(folder);
        assertThat(lossOf(folder, device, batch(folder, null)))
                .isCloseTo(
                        json.get("loss").asDouble(),
                        within(LOSS * json.get("loss").asDouble()));
        JsonNode labels = json.get("loss_masked_labels");
        if (labels != null) {
            assertThat(lossOf(folder, device, batch(folder, labels)))
                    .isCloseTo(
                            json.get("loss_masked").asDouble(),
                            within(LOSS * json.get("loss_masked").asDouble()));
        }
    }

    /** The student's own step, with a learning rate of zero: the production path reports the loss. */
    private static double lossOf(Path folder, String device, TokenBatch batch) {
        try (LocalStudent student = student(folder, device, 0, true)) {
            return student.step(batch, null).loss();
        }
    }

    private static void agreesInGradients(Path folder) throws IOException {
        TokenBatch batch = batch(folder, null);
        try (ModelDirectory directory = ModelDirectory.open(folder);
                SafetensorsFile expected = SafetensorsFile.open(folder.resolve("grads.safetensors"));
                Torch torch = Torch.open("cpu", Dtype.F32, 0);
                Weights weights = Weights.trainable(torch, directory.config(), directory::tensor);
                Scope scope = torch.inference()) {
            CausalLm model = new CausalLm(torch, directory.config());
            double tolerance = gradientTolerance(expected(folder));
            try (Leaves leaves = new Leaves(torch, weights, List.copyOf(weights.names()), model.headName())) {
                GradientPass pass =
                        new GradientPass(torch, model, weights, Objective.of(LossMix.CROSS_ENTROPY), HEAD, false);
                pass.run(batch, null, leaves, weights.names()::contains);
                leaves.endMicroBatch();
                List<ParameterBlock> whole = weights.names().stream()
                        .map(name ->
                                new ParameterBlock(name, 0, weights.get(name).size()))
                        .toList();
                NDList gradients = leaves.gradients(scope, whole);
                int i = 0;
                for (String name : weights.names()) {
                    assertThat(gradients.get(i++).div(batch.targets()).toFloatArray())
                            .as(name)
                            .usingComparatorWithPrecision((float) tolerance)
                            .containsExactly(gradient(expected, name));
                }
            }
        }
    }

    private static void agreesInGreedyText(Path folder) throws IOException {
        JsonNode greedy = expected(folder).get("greedy");
        int[] prompt = ints(greedy.get("prompt"));
        int[] expected = ints(greedy.has("continuation") ? greedy.get("continuation") : greedy.get("new_tokens"));
        List<Integer> written = new ArrayList<>();
        try (ModelDirectory directory = ModelDirectory.open(folder);
                Torch torch = Torch.open("cpu", Dtype.F32, 0);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32)) {
            Evaluator.Loaded loaded = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
            try (Generator generator = new Generator(torch, loaded, 1, prompt.length + expected.length)) {
                generator.write(
                        prompt,
                        expected.length,
                        Sampling.GREEDY,
                        RandomGenerator.getDefault(),
                        id -> false,
                        written::add);
            }
        }
        assertThat(written).containsExactly(Arrays.stream(expected).boxed().toArray(Integer[]::new));
    }

    private static int[] ints(JsonNode array) {
        int[] ints = new int[array.size()];
        Arrays.setAll(ints, i -> array.get(i).asInt());
        return ints;
    }

    private static void agreesInParameters(Path folder) throws IOException {
        assertThat(ModelConfig.read(folder).parameters())
                .isEqualTo(expected(folder).get("parameters").asLong());
    }

    /** The original's module holds experts stacked, with gate and up in one, and so do its gradients. */
    private static float[] gradient(SafetensorsFile expected, String name) {
        Matcher expert = EXPERT.matcher(name);
        if (expected.has(name) || !expert.matches()) {
            return Vectors.floats(expected, name);
        }
        boolean down = expert.group(3).equals("down");
        String stacked = expert.group(1) + (down ? ".down_proj" : ".gate_up_proj");
        float[] all = Vectors.floats(expected, stacked);
        int each = all.length / (int) Vectors.shape(expected, stacked)[0];
        int size = down ? each : each / 2;
        int from = Integer.parseInt(expert.group(2)) * each + (expert.group(3).equals("up") ? size : 0);
        return Arrays.copyOfRange(all, from, from + size);
    }

    private static void agreesAfterThreeSteps(Path folder, Path after, boolean decayAll) throws IOException {
        TokenBatch batch = batch(folder, null);
        try (LocalStudent student = student(folder, "cpu", 1e-3, decayAll);
                SafetensorsFile expected = SafetensorsFile.open(after)) {
            for (int i = 0; i < 3; i++) {
                student.step(batch, null);
            }
            for (String name : student.weights().names()) {
                assertClose(expected, name, student.weights().get(name), AFTER_ADAMW);
            }
        }
    }

    private static LocalStudent student(Path folder, String device, double learningRate, boolean decayAll) {
        OptimizerSettings settings = new OptimizerSettings(
                step -> learningRate, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), decayAll, 1, Frozen.NONE);
        try (ModelDirectory directory = ModelDirectory.open(folder)) {
            return new LocalStudent(
                    Torch.open(device, Dtype.F32, 0),
                    directory.config(),
                    directory::tensor,
                    settings,
                    Objective.of(LossMix.CROSS_ENTROPY),
                    HEAD,
                    (path, config, torch, weights) -> {});
        }
    }

    /** The case's ids as a batch; {@code labels} are unshifted, -100 where a target does not count. */
    private static TokenBatch batch(Path folder, JsonNode labels) {
        try (SafetensorsFile expected = SafetensorsFile.open(folder.resolve("expected.safetensors"))) {
            long[] shape = Vectors.shape(expected, "input_ids");
            int rows = (int) shape[0];
            int seqLength = (int) shape[1] - 1;
            int[] ids = Vectors.ints(expected, "input_ids");
            boolean[] mask = labels == null ? null : new boolean[rows * seqLength];
            for (int i = 0; mask != null && i < mask.length; i++) {
                mask[i] = labels.get(i / seqLength).get(i % seqLength + 1).asInt() != -100;
            }
            return new TokenBatch(0, rows, seqLength, ids, mask, List.of());
        }
    }

    private static void assertClose(SafetensorsFile file, String name, NDArray actual, double tolerance) {
        assertThat(actual.toType(ai.djl.ndarray.types.DataType.FLOAT32, false).toFloatArray())
                .as(name)
                .usingComparatorWithPrecision((float) tolerance)
                .containsExactly(Vectors.floats(file, name));
    }
}
