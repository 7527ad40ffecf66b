package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Documents;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A packed row of separate documents says, and teaches, what its documents say and teach alone: hidden states, losses and
 * gradients agree but for the order in which floats are added.
 */
@Timeout(300)
class SeparateDocumentsTest {
    /** The largest difference, as a share of the largest number of a tensor. */
    private static final double TOLERANCE = 2e-5;

    private static final int SEED = 11;

    @TempDir
    Path temporary;

    /**
     * @param seqLength of a row
     * @param lengths of the documents, row after row
     */
    private record Layout(int rows, int seqLength, int... lengths) {}

    /** More than a block of attention and a chunk of a DeltaNet; documents of one id, at a chunk's edge and over several. */
    private static final Layout SHORT = new Layout(2, 200, 1, 63, 2, 130, 4, 200);
    /** A row so long that it is attended to in stretches. */
    private static final Layout LONG = new Layout(1, 1100, 30, 20, 300, 5, 5, 600, 140);

    private static ObjectNode tiny(String type) {
        ObjectNode json = TinyModel.config().json().deepCopy();
        return json.put("model_type", type).put("max_position_embeddings", 2048);
    }

    private static ModelConfig window(int reach) {
        ObjectNode json = tiny("qwen3").put("use_sliding_window", true).put("sliding_window", reach);
        json.putArray("layer_types").add("sliding_attention").add("full_attention");
        return ModelConfig.of(json);
    }

    private static ModelConfig deltaNet() {
        ObjectNode json = tiny("qwen3_5_text")
                .put("linear_conv_kernel_dim", 4)
                .put("linear_key_head_dim", 8)
                .put("linear_value_head_dim", 8)
                .put("linear_num_key_heads", 2)
                .put("linear_num_value_heads", 4);
        json.putArray("layer_types").add("linear_attention").add("full_attention");
        json.set(
                "rope_parameters",
                new ObjectMapper()
                        .createObjectNode()
                        .put("rope_type", "default")
                        .put("rope_theta", 1e4)
                        .put("partial_rotary_factor", 0.25));
        return ModelConfig.of(json);
    }

    /** Queries grow with their position, so that it must begin anew with each document. */
    private static ModelConfig scaledQueries() {
        ObjectNode json = tiny("ministral3");
        json.set(
                "rope_parameters",
                new ObjectMapper()
                        .createObjectNode()
                        .put("rope_type", "yarn")
                        .put("rope_theta", 1e4)
                        .put("factor", 4)
                        .put("beta_fast", 32)
                        .put("beta_slow", 1)
                        .put("original_max_position_embeddings", 16)
                        .put("llama_4_scaling_beta", 0.1));
        return ModelConfig.of(json);
    }

    private static Map<String, ModelConfig> models() {
        Map<String, ModelConfig> models = new LinkedHashMap<>();
        models.put("qwen3", TinyModel.config());
        models.put("qwen3 with a window", window(40));
        models.put("qwen3 with a window longer than documents", window(150));
        models.put("qwen3_5_text", deltaNet());
        models.put("ministral3", scaledQueries());
        return models;
    }

    private static FeatureLoss taps(FeatureLoss.Kind kind, Site site) {
        return new FeatureLoss(
                List.of(0, 1).stream()
                        .map(layer ->
                                new FeatureLoss.Pair(kind, new Place(site, layer), new Place(site, layer), null, 2))
                        .toList(),
                1,
                false,
                List.of());
    }

    /** One packed batch: the first id of a document is no target. */
    private static TokenBatch packed(Layout layout) {
        int width = layout.seqLength + 1;
        int[] ids = new Random(SEED)
                .ints((long) layout.rows * width, 0, TinyModel.VOCAB_SIZE)
                .toArray();
        boolean[] mask = new boolean[layout.rows * layout.seqLength];
        Arrays.fill(mask, true);
        List<Integer> begins = new ArrayList<>();
        int at = 0;
        for (int length : layout.lengths) {
            if (at % layout.seqLength > 0) {
                begins.add(at);
            }
            at += length;
            mask[at - 1] = at % layout.seqLength == 0;
        }
        assertThat(at).isEqualTo(layout.rows * layout.seqLength);
        int[] inside = begins.stream().mapToInt(i -> i).toArray();
        return new TokenBatch(0, layout.rows, layout.seqLength, ids, mask, inside, List.of(), null);
    }

    /** Each document as a batch of one row. */
    private static List<TokenBatch> alone(Layout layout) {
        TokenBatch packed = packed(layout);
        List<TokenBatch> batches = new ArrayList<>();
        int at = 0;
        for (int length : layout.lengths) {
            int from = at / layout.seqLength * (layout.seqLength + 1) + at % layout.seqLength;
            batches.add(new TokenBatch(
                    batches.size(),
                    1,
                    length,
                    Arrays.copyOfRange(packed.ids(), from, from + length + 1),
                    Arrays.copyOfRange(packed.lossMask(), at, at + length),
                    List.of()));
            at += length;
        }
        return batches;
    }

    @TestFactory
    Stream<DynamicTest> aPackedRowEqualsItsDocumentsAlone() {
        return models().entrySet().stream()
                .map(model -> DynamicTest.dynamicTest(
                        model.getKey(), () -> compare(model.getValue(), SHORT, FeatureLoss.NONE, false)));
    }

    @TestFactory
    @Tag("full")
    Stream<DynamicTest> soItDoesInLongRowsWithStatesComparedAndRecomputed() {
        FeatureLoss states = taps(FeatureLoss.Kind.MSE, Site.LAYER_OUTPUT);
        FeatureLoss relations = taps(FeatureLoss.Kind.ATTENTION_RELATION, Site.O_PROJ_INPUT);
        return models().entrySet().stream().flatMap(model -> {
            String name = model.getKey();
            ModelConfig config = model.getValue();
            Stream<DynamicTest> all = Stream.of(
                    DynamicTest.dynamicTest(name + ", long", () -> compare(config, LONG, states, false)),
                    DynamicTest.dynamicTest(name + ", recomputed", () -> compare(config, SHORT, states, true)));
            // A DeltaNet has no outputs of heads to be tapped.
            return name.equals("qwen3_5_text")
                    ? all
                    : Stream.concat(
                            all,
                            Stream.of(SHORT, LONG)
                                    .map(layout -> DynamicTest.dynamicTest(
                                            name + ", relations in rows of " + layout.seqLength,
                                            () -> compare(config, layout, relations, false))));
        });
    }

    @Test
    void lossesOfSingleTargetsAreThoseOfTheDocumentsAlone() {
        ModelConfig config = TinyModel.config();
        try (Torch torch = Torch.open("cpu", Dtype.F32, 1);
                Weights weights = Weights.frozen(torch, config, new RandomWeights(config, SEED), Dtype.F32)) {
            Evaluator evaluator = new Evaluator(torch, new ChunkedHead(1 << 12));
            Evaluator.Loaded model = new Evaluator.Loaded(new CausalLm(torch, config), weights);
            float[] alone = {};
            for (TokenBatch document : alone(SHORT)) {
                alone = joined(alone, evaluator.tokenLosses(model, document));
            }
            assertClose("losses", evaluator.tokenLosses(model, packed(SHORT)), alone);
        }
    }

    private void compare(ModelConfig config, Layout layout, FeatureLoss features, boolean recompute)
            throws IOException {
        Taught packed = teach(config, features, List.of(packed(layout)), recompute);
        Taught alone = teach(config, features, alone(layout), recompute);
        assertClose("hidden states", packed.hidden, alone.hidden);
        assertClose("losses", packed.losses, alone.losses);
        assertClose("first moments", packed.moments, alone.moments);
        Taught shared = teach(
                config,
                features,
                List.of(new TokenBatch(
                        0,
                        layout.rows,
                        layout.seqLength,
                        packed(layout).ids(),
                        packed(layout).lossMask(),
                        List.of())),
                recompute);
        assertThat(shared.hidden).as("rows that are one document each").isNotEqualTo(packed.hidden);
    }

    private static void assertClose(String what, float[] actual, float[] expected) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < actual.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs((double) actual[i] - expected[i]));
        }
        assertThat(difference).as(what).isLessThanOrEqualTo(TOLERANCE * largest);
    }

    /**
     * @param hidden the teacher's final states
     * @param losses of one step
     * @param moments the gradient of that step, as the optimiser has it
     */
    private record Taught(float[] hidden, float[] losses, float[] moments) {}

    private Taught teach(ModelConfig config, FeatureLoss features, List<TokenBatch> batches, boolean recompute)
            throws IOException {
        OptimizerSettings settings = new OptimizerSettings(
                step -> 1e-3, new Adam(0.9, 0.95, 1e-8, 0, 1e9), false, batches.size(), Frozen.NONE);
        float[] hidden = {};
        try (LocalTeacher teacher = new LocalTeacher(
                        Torch.open("cpu", Dtype.F32, 1), config, new RandomWeights(config, 2), features);
                LocalStudent student = new LocalStudent(
                        Torch.open("cpu", Dtype.F32, 1),
                        config,
                        new RandomWeights(config, 1),
                        settings,
                        new Objective(LossMix.FORWARD_KL, features),
                        new ChunkedHead(1 << 12),
                        (path, c, torch, weights) -> {},
                        recompute)) {
            StepReport report = null;
            for (TokenBatch batch : batches) {
                try (HiddenSignal signal = teacher.forward(batch)) {
                    hidden = joined(hidden, signal.hidden().toFloatArray());
                    report = student.step(batch, signal);
                }
            }
            float[] losses = new float[report.losses().size()];
            for (int i = 0; i < losses.length; i++) {
                losses[i] = report.losses().get(i).floatValue();
            }
            return new Taught(hidden, losses, moments(student));
        }
    }

    /** The first moments of all parameters, which are their mean gradients; the second are left out. */
    private float[] moments(LocalStudent student) throws IOException {
        Path file = Files.createTempDirectory(temporary, "moments").resolve("moments.safetensors");
        try (Snapshot snapshot = student.snapshot()) {
            snapshot.writeMoments(file);
        }
        float[] all = {};
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            for (String name : new TreeSet<>(tensors.names())) {
                if (name.startsWith("exp_avg.")) {
                    all = joined(all, floats(tensors.tensor(name).bytes()));
                }
            }
        }
        assertThat(all).isNotEmpty();
        return all;
    }

    private static float[] floats(MemorySegment bytes) {
        return bytes.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    private static float[] joined(float[] one, float[] other) {
        float[] all = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, all, one.length, other.length);
        return all;
    }

    @Test
    void stagesPassOnWhereDocumentsBegin() throws IOException {
        Path model = TinyModel.write(temporary.resolve("model"), 5);
        TokenBatch batch = packed(SHORT);
        float[] whole = hidden(model, batch);
        try (TeachingStage first = stage(model, 0);
                TeachingStage second = stage(model, 1);
                TeacherSignal between = first.forward(new StageInput.Ids(batch));
                TeacherSignal end = second.forward(new StageInput.Residual(0, between.parts()))) {
            assertThat(between.parts()).hasSize(2);
            assertThat(end.parts()).hasSize(1);
            assertThat(floats(end.parts().getFirst())).isEqualTo(whole);
            List<SignalPart> without = List.of(between.parts().getFirst());
            try (TeacherSignal shared = second.forward(new StageInput.Residual(0, without))) {
                assertThat(floats(shared.parts().getFirst())).isNotEqualTo(whole);
            }
        }
    }

    private static TeachingStage stage(Path model, int stage) {
        return TeachingStage.open(Torch.open("cpu", Dtype.F32, 1), model, FeatureLoss.NONE, stage, 2, _ -> {});
    }

    private static float[] hidden(Path model, TokenBatch batch) {
        try (ModelDirectory directory = ModelDirectory.open(model);
                LocalTeacher teacher =
                        new LocalTeacher(Torch.open("cpu", Dtype.F32, 1), directory.config(), directory::tensor);
                HiddenSignal signal = teacher.forward(batch)) {
            return signal.hidden().toFloatArray();
        }
    }

    private static float[] floats(SignalPart part) {
        assertThat(part.bytes()).hasSize(1);
        return floats(part.bytes().getFirst());
    }

    @Test
    void anotherDivisionIsAnotherBatch() {
        TokenBatch divided = packed(SHORT);
        TokenBatch whole =
                new TokenBatch(0, divided.rows(), divided.seqLength(), divided.ids(), divided.lossMask(), List.of());
        assertThat(divided.sha256()).isNotEqualTo(whole.sha256());
        assertThat(divided.first(1).begins()).containsExactly(1, 64, 66, 196);
    }

    @Test
    void beginningsOutsideTheRowsAreRefused() {
        for (int[] wrong : new int[][] {{0}, {3}, {6}, {2, 2}, {4, 1}, {-1}}) {
            assertThatThrownBy(() -> new Documents(2, 3, wrong))
                    .as(Arrays.toString(wrong))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(new Documents(2, 3, new int[] {1, 2, 4}).divided()).isTrue();
    }
}
