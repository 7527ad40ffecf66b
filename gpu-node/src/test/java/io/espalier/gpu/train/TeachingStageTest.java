package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.StageSplit;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A teacher in stages, with copies of bytes between them, says bit by bit what it says in one piece; each stage holds its
 * own parameters alone, and gives all memory back.
 */
@Timeout(60)
class TeachingStageTest {
    private static final int LAYERS = 4;

    @TempDir
    Path temporary;

    private int openBefore;

    @BeforeEach
    void count() {
        openBefore = Torch.openCount();
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(Torch.openCount()).isEqualTo(openBefore);
    }

    private static ModelConfig deep(boolean tied) {
        ObjectNode json = TinyModel.config().json().deepCopy();
        return ModelConfig.of(json.put("num_hidden_layers", LAYERS).put("tie_word_embeddings", tied));
    }

    private Path write(boolean tied) {
        ModelConfig config = deep(tied);
        try (RandomWeights weights = new RandomWeights(config, 3)) {
            return TinyModel.write(
                    temporary.resolve("model"), config, weights.andThen(TensorData::bytes), Long.MAX_VALUE);
        }
    }

    /** Something of every layer, and every site somewhere. */
    private static FeatureLoss everywhere(int layers, List<Integer> channels) {
        List<Site> inside = List.of(Site.LAYER_INPUT, Site.ATTENTION_NORM, Site.MLP_NORM, Site.LAYER_OUTPUT);
        List<FeatureLoss.Pair> pairs = new ArrayList<>(List.of(pair(Site.FINAL_NORM, layers)));
        for (int layer = layers - 1; layer >= 0; layer--) {
            int own = layer;
            inside.forEach(site -> pairs.add(pair(site, own)));
            if (channels.isEmpty()) {
                pairs.add(pair(Site.O_PROJ_INPUT, layer));
                pairs.add(pair(Site.DOWN_PROJ_INPUT, layer));
            }
        }
        return new FeatureLoss(pairs, 1, false, channels);
    }

    private static FeatureLoss.Pair pair(Site site, int layer) {
        Place place = new Place(site, layer);
        return new FeatureLoss.Pair(FeatureLoss.Kind.MSE, place, place, null);
    }

    private static Torch torch(Dtype dtype) {
        return Torch.open("cpu", dtype, 1);
    }

    /** One stage after the other; what lies between two is copied, and the original closed. */
    static TeacherSignal through(List<? extends TeacherStage> stages, StageInput first) {
        TeacherSignal signal = stages.getFirst().forward(first);
        for (TeacherStage stage : stages.subList(1, stages.size())) {
            try (TeacherSignal arrived = Carried.copy(signal);
                    TeacherSignal answer =
                            stage.forward(new StageInput.Residual(arrived.sequence(), arrived.parts()))) {
                // Copied before what it may lie in is closed.
                signal = Carried.copy(answer);
            }
        }
        return signal;
    }

    private static List<String> inStages(
            Path model, Dtype dtype, FeatureLoss features, List<TokenBatch> batches, int stages) {
        List<TeachingStage> open = IntStream.range(0, stages)
                .mapToObj(i -> TeachingStage.open(torch(dtype), model, features, i, stages, _ -> {}))
                .toList();
        try {
            List<String> said = new ArrayList<>();
            for (TokenBatch batch : batches) {
                try (TeacherSignal signal = through(open, new StageInput.Ids(batch))) {
                    said.addAll(Carried.text(signal));
                }
            }
            return said;
        } finally {
            open.forEach(TeachingStage::close);
        }
    }

    private static List<String> whole(Path model, Dtype dtype, FeatureLoss features, List<TokenBatch> batches) {
        try (ModelDirectory directory = ModelDirectory.open(model);
                TeacherStage teacher = new WholeTeacher(
                        new LocalTeacher(torch(dtype), directory.config(), directory::tensor, features))) {
            List<String> said = new ArrayList<>();
            for (TokenBatch batch : batches) {
                try (TeacherSignal signal = teacher.forward(new StageInput.Ids(batch))) {
                    said.addAll(Carried.text(signal));
                }
            }
            return said;
        }
    }

    @TestFactory
    Stream<DynamicTest> stagesSayWhatTheWholeSays() {
        Path model = write(false);
        List<TokenBatch> batches = TinyModel.batches(new Random(8), 2, 3, 7);
        return Stream.of(Dtype.F32, Dtype.BF16)
                .flatMap(dtype -> Stream.of(
                                FeatureLoss.NONE, everywhere(LAYERS, List.of()), everywhere(LAYERS, List.of(1, 4, 9)))
                        .flatMap(features -> IntStream.rangeClosed(1, LAYERS)
                                .mapToObj(stages -> DynamicTest.dynamicTest(
                                        dtype + ", " + features.pairs().size() + " states, "
                                                + features.channels().size() + " channels, " + stages + " stages",
                                        () -> assertThat(inStages(model, dtype, features, batches, stages))
                                                .isEqualTo(whole(model, dtype, features, batches))))));
    }

    @TestFactory
    @Tag("golden")
    Stream<DynamicTest> storedModelsToo() {
        return Shared.goldenCases("model", true, GoldenModelTest::isModel).stream()
                .flatMap(folder -> Stream.of(Dtype.F32, Dtype.BF16)
                        .map(dtype -> DynamicTest.dynamicTest(
                                folder.getFileName() + " " + dtype, () -> storedModel(folder, dtype))));
    }

    private static void storedModel(Path folder, Dtype dtype) {
        ModelConfig config = ModelConfig.read(folder);
        int[] ids = new Random(3).ints(2 * 17, 0, config.vocabSize()).toArray();
        List<TokenBatch> batches = List.of(new TokenBatch(0, 2, 16, ids, null, List.of()));
        List<FeatureLoss.Pair> seen = everywhere(config.numHiddenLayers(), List.of()).pairs().stream()
                .filter(pair -> pair.teacher().in(config))
                .toList();
        FeatureLoss features = new FeatureLoss(seen, 1, false, List.of());
        List<String> expected = whole(folder, dtype, features, batches);
        for (int stages = 1; stages <= Math.min(3, config.numHiddenLayers()); stages++) {
            assertThat(inStages(folder, dtype, features, batches, stages))
                    .as(stages + " stages")
                    .isEqualTo(expected);
        }
    }

    @Test
    void eachStageHoldsItsOwnParametersAndNoHead() {
        for (boolean tied : new boolean[] {false, true}) {
            Path model = temporary.resolve("tied-" + tied);
            ModelConfig config = deep(tied);
            try (RandomWeights weights = new RandomWeights(config, 3)) {
                TinyModel.write(model, config, weights.andThen(TensorData::bytes), Long.MAX_VALUE);
            }
            List<String> all = new ArrayList<>();
            for (int stage = 0; stage < 3; stage++) {
                try (TeachingStage open =
                        TeachingStage.open(torch(Dtype.F32), model, FeatureLoss.NONE, stage, 3, _ -> {})) {
                    int from = StageSplit.of(config, 3).from(stage);
                    assertThat(open.loaded()).contains("model.layers." + from + ".mlp.up_proj.weight");
                    all.addAll(open.loaded());
                }
            }
            Set<String> trunk = config.tensors().stream()
                    .map(TensorSpec::name)
                    .filter(name -> !name.equals("lm_head.weight"))
                    .collect(Collectors.toSet());
            assertThat(all).as("each once").doesNotHaveDuplicates();
            assertThat(new TreeSet<>(all)).isEqualTo(new TreeSet<>(trunk));
        }
    }

    @Test
    void anAnswerOutlivesItsStage() {
        Path model = write(false);
        TokenBatch batch = TinyModel.batches(new Random(8), 1, 2, 5).getFirst();
        TeachingStage stage = TeachingStage.open(torch(Dtype.F32), model, FeatureLoss.NONE, 0, 2, _ -> {});
        TeacherSignal signal = stage.forward(new StageInput.Ids(batch));
        stage.close();
        stage.close();
        assertThat(Torch.openCount()).isEqualTo(openBefore + 1);
        assertThat(Carried.text(signal)).hasSize(2);
        assertThat(Torch.openCount()).as("closed with its last signal").isEqualTo(openBefore);
        signal.close();
    }

    @Test
    void loadingSaysHowFarItIs() {
        List<Double> seen = new ArrayList<>();
        TeachingStage.open(torch(Dtype.F32), write(false), FeatureLoss.NONE, 1, 2, seen::add)
                .close();
        assertThat(seen).isSorted().doesNotHaveDuplicates().startsWith(0.0).allMatch(share -> share < 1);
        assertThat(seen.getLast()).isGreaterThan(0.9);
    }

    private static void refused(TeacherStage stage, StageInput input, String message) {
        assertThatThrownBy(() -> stage.forward(input))
                .isInstanceOf(Refused.class)
                .hasMessageContaining(message);
    }

    @Test
    void aStageTakesWhatItsNeighbourGivesAndNothingElse() {
        Path model = write(false);
        FeatureLoss features = everywhere(LAYERS, List.of());
        TokenBatch batch = TinyModel.batches(new Random(8), 1, 2, 5).getFirst();
        try (TeacherStage first = TeachingStage.open(torch(Dtype.F32), model, features, 0, 3, _ -> {});
                TeacherStage last = TeachingStage.open(torch(Dtype.F32), model, features, 2, 3, _ -> {});
                TeacherSignal signal = first.forward(new StageInput.Ids(batch))) {
            List<SignalPart> parts = signal.parts();
            refused(last, new StageInput.Ids(batch), "input is ids: must be what the stage of layers 3 to 3 takes");
            refused(first, new StageInput.Residual(0, parts), "input is a residual stream");
            refused(last, new StageInput.Residual(0, parts), "must be State[place=Place[site=LAYER_INPUT, layer=3]]");
            refused(last, new StageInput.Residual(0, List.of()), "input is a residual stream");
            refused(last, new StageInput.Collect(List.of()), "not calibrating");
            SignalPart stream = parts.getFirst();
            SignalPart renamed =
                    SignalPart.state(new Place(Site.LAYER_INPUT, 3), TensorType.F32, stream.shape(), stream.bytes());
            refused(last, new StageInput.Residual(0, List.of(renamed)), "parts is 0: must be 18");
        }
    }
}
