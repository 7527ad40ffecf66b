package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.cache.StateCache;
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
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A student taught by copies of a teacher's bytes ends as one whose teacher is beside it, bit by bit, and holds no more of
 * the teacher than its head; what does not fit its batch is refused.
 */
@Timeout(60)
class TaughtFromAfarTest {
    private static final ModelConfig CONFIG = TinyModel.config();

    @TempDir
    Path temporary;

    private Path model;
    private int openBefore;
    private final List<TokenBatch> batches = TinyModel.batches(new Random(4), 3, 2, 8);

    @BeforeEach
    void write() {
        openBefore = Torch.openCount();
        model = TinyModel.write(temporary.resolve("teacher"), 2);
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(Torch.openCount()).isEqualTo(openBefore);
    }

    private static FeatureLoss.Pair pair(FeatureLoss.Kind kind, Site site, int layer) {
        Place place = new Place(site, layer);
        return new FeatureLoss.Pair(kind, place, place, null, kind == FeatureLoss.Kind.ATTENTION_RELATION ? 2 : 0);
    }

    private static Map<String, FeatureLoss> losses() {
        Map<String, FeatureLoss> losses = new LinkedHashMap<>();
        losses.put("final states", FeatureLoss.NONE);
        losses.put(
                "every site",
                new FeatureLoss(
                        List.of(
                                pair(FeatureLoss.Kind.COSINE, Site.FINAL_NORM, 2),
                                pair(FeatureLoss.Kind.MSE, Site.LAYER_OUTPUT, 1),
                                pair(FeatureLoss.Kind.NORMALISED_MSE, Site.DOWN_PROJ_INPUT, 0),
                                pair(FeatureLoss.Kind.MSE, Site.MLP_NORM, 1),
                                pair(FeatureLoss.Kind.ATTENTION_RELATION, Site.O_PROJ_INPUT, 0),
                                pair(FeatureLoss.Kind.MSE, Site.ATTENTION_NORM, 0),
                                pair(FeatureLoss.Kind.COSINE, Site.LAYER_INPUT, 1)),
                        0.5,
                        false,
                        List.of()));
        losses.put(
                "kept channels",
                new FeatureLoss(
                        List.of(new FeatureLoss.Pair(
                                FeatureLoss.Kind.MSE,
                                new Place(Site.LAYER_OUTPUT, 1),
                                new Place(Site.LAYER_OUTPUT, 0),
                                new FeatureLoss.Projection("p", 16, 3))),
                        1,
                        true,
                        List.of(2, 5, 11)));
        return losses;
    }

    private static LocalStudent student(Dtype dtype, FeatureLoss features) {
        OptimizerSettings settings =
                new OptimizerSettings(step -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), false, 1, Frozen.NONE);
        Function<String, TensorData> weights =
                LocalStudent.withNewProjections(new RandomWeights(CONFIG, 1), features, 6);
        return new LocalStudent(
                Torch.open("cpu", dtype, 1),
                CONFIG,
                weights,
                settings,
                new Objective(LossMix.FORWARD_KL, features),
                new ChunkedHead(1 << 12),
                (path, config, torch, tensors) -> {});
    }

    private LocalTeacher teacher(Dtype dtype, FeatureLoss features) {
        return new LocalTeacher(Torch.open("cpu", dtype, 1), CONFIG, new RandomWeights(CONFIG, 2), features);
    }

    private TeacherHead head(Dtype dtype, FeatureLoss features) {
        return TeacherHead.open(Torch.open("cpu", dtype, 1), model, features);
    }

    /** Two epochs: the reports, the scores and the weights at the end, as text, which tells all bits of a number. */
    private List<String> train(
            Teacher teacher, LocalStudent own, Student student, UnaryOperator<TeacherSignal> transport) {
        List<String> seen = new ArrayList<>();
        try (teacher;
                student) {
            for (int epoch = 0; epoch < 2; epoch++) {
                for (TokenBatch batch : batches) {
                    try (TeacherSignal signal = transport.apply(teacher.forward(batch))) {
                        seen.add("bytes " + signal.bytes());
                        seen.add(student.score(batch, signal).toString());
                        seen.add(student.step(batch, signal).toString());
                    }
                }
            }
            for (String name : own.weights().names()) {
                seen.add(name + " " + Arrays.toString(own.weights().get(name).toFloatArray()));
            }
        }
        return seen;
    }

    private List<String> trainFromAfar(Teacher teacher, Dtype dtype, FeatureLoss features) {
        LocalStudent own = student(dtype, features);
        return train(teacher, own, new TaughtFromAfar(own, head(dtype, features)), Carried::copy);
    }

    @TestFactory
    Stream<DynamicTest> endsAsBesideItsTeacherBitByBit() {
        return Stream.of(Dtype.F32, Dtype.BF16)
                .flatMap(dtype -> losses().entrySet().stream()
                        .map(loss -> DynamicTest.dynamicTest(
                                loss.getKey() + " " + dtype, () -> endsAsBeside(dtype, loss.getValue()))));
    }

    private void endsAsBeside(Dtype dtype, FeatureLoss features) {
        LocalStudent beside = student(dtype, features);
        List<String> expected = train(teacher(dtype, features), beside, beside, UnaryOperator.identity());
        assertThat(trainFromAfar(teacher(dtype, features), dtype, features)).isEqualTo(expected);
        List<String> warnings = new ArrayList<>();
        StateCache cache = StateCache.open(temporary.resolve("cache"), 1 << 24, Clock.systemUTC(), warnings::add);
        for (String pass : List.of("written, then read", "read")) {
            Teacher cached = CachedTeacher.open(Torch.open("cpu", dtype, 1), model, features, cache);
            assertThat(trainFromAfar(cached, dtype, features)).as(pass).isEqualTo(expected);
        }
        assertThat(cache.counts().misses()).isEqualTo(3);
        assertThat(warnings).isEmpty();
    }

    @Test
    void theHeadOfAModelThatIsStoredNowhereIsMadeAsItsTeacherWas() {
        List<String> expected = trainFromAfar(teacher(Dtype.F32, FeatureLoss.NONE), Dtype.F32, FeatureLoss.NONE);
        assertThat(trainWithHeadOf(2)).isEqualTo(expected);
        assertThat(trainWithHeadOf(3)).as("another seed").isNotEqualTo(expected);
    }

    private List<String> trainWithHeadOf(long seed) {
        LocalStudent own = student(Dtype.F32, FeatureLoss.NONE);
        TeacherHead head = TeacherHead.open(Torch.open("cpu", Dtype.F32, 1), CONFIG, new RandomWeights(CONFIG, seed));
        return train(teacher(Dtype.F32, FeatureLoss.NONE), own, new TaughtFromAfar(own, head), Carried::copy);
    }

    @Test
    void onlyTheHeadIsEverLoaded() {
        LocalStudent own = student(Dtype.F32, FeatureLoss.NONE);
        try (TeacherHead head = head(Dtype.F32, FeatureLoss.NONE)) {
            assertThat(head.loaded()).isEmpty();
            try (LocalTeacher teacher = teacher(Dtype.F32, FeatureLoss.NONE);
                    Student student = new TaughtFromAfar(own, head);
                    TeacherSignal signal = Carried.copy(teacher.forward(batches.getFirst()))) {
                student.step(batches.getFirst(), signal);
                assertThat(head.loaded()).containsExactly("lm_head.weight");
            }
        }
    }

    @Test
    void aSignalOfTheSameDevicePassesThrough() {
        LocalStudent own = student(Dtype.F32, FeatureLoss.NONE);
        try (LocalTeacher teacher = teacher(Dtype.F32, FeatureLoss.NONE);
                TeacherHead head = head(Dtype.F32, FeatureLoss.NONE);
                Student student = new TaughtFromAfar(own, head);
                TeacherSignal signal = teacher.forward(batches.getFirst())) {
            student.step(batches.getFirst(), signal);
            assertThat(head.loaded()).isEmpty();
        }
    }

    @Test
    void onAProcessorThePartsAreTheTensorsOwnMemory() {
        try (LocalTeacher teacher = teacher(Dtype.F32, FeatureLoss.NONE);
                HiddenSignal signal = teacher.forward(batches.getFirst())) {
            SignalPart last = signal.parts().getFirst();
            assertThat(last.name()).isEqualTo(new PartName.State(new Place(Site.FINAL_NORM, 2)));
            assertThat(last.shape()).containsExactly(16, 16);
            assertThat(last.size()).isEqualTo(signal.bytes()).isEqualTo(16 * 16 * 4);
            assertThat(last.bytes()).hasSize(1);
            last.bytes().getFirst().fill((byte) 0);
            assertThat(signal.hidden().toFloatArray()).containsOnly(0f);
        }
    }

    private void refused(TokenBatch batch, ReceivedSignal signal, String message) {
        LocalStudent own = student(Dtype.F32, FeatureLoss.NONE);
        try (signal;
                Student student = new TaughtFromAfar(own, head(Dtype.F32, FeatureLoss.NONE))) {
            assertThatThrownBy(() -> student.step(batch, signal))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining(message);
        }
    }

    private ReceivedSignal of(Dtype dtype, FeatureLoss features, TokenBatch batch) {
        try (LocalTeacher teacher = teacher(dtype, features)) {
            return Carried.copy(teacher.forward(batch));
        }
    }

    @Test
    void whatDoesNotFitItsBatchIsRefusedWithWhatWasExpected() {
        TokenBatch batch = batches.getFirst();
        refused(batch, of(Dtype.F32, FeatureLoss.NONE, batches.get(1)), "batch 0: sequence is 1: must be that of");
        refused(
                batch,
                of(Dtype.BF16, FeatureLoss.NONE, batch),
                "BF16 [16, 16]: must be State[place=Place[site=FINAL_NORM");
        refused(batch, of(Dtype.F32, losses().get("kept channels"), batch), "signal of batch 0: parts is 2: must be 1");
        refused(
                new TokenBatch(0, 1, 8, Arrays.copyOf(batch.ids(), 9), null, List.of()),
                of(Dtype.F32, FeatureLoss.NONE, batch),
                "F32 [8, 16]");
        ReceivedSignal whole = of(Dtype.F32, FeatureLoss.NONE, batch);
        SignalPart part = whole.parts().getFirst();
        SignalPart cut = new SignalPart(
                part.name(), part.type(), part.shape(), part.bytes().subList(0, 2));
        refused(batch, new ReceivedSignal(0, List.of(cut), whole::close), "must be as long as its shape says");
    }

    @Test
    void partNamesSurviveTheWireAndNewerOnesAreNotGuessed() {
        for (Site site : Site.values()) {
            for (PartName name :
                    List.of(new PartName.State(new Place(site, 7)), new PartName.Sums(new Place(site, 7)))) {
                assertThat(PartName.of(name.site(), name.layer())).contains(name);
            }
        }
        for (PartName extra : PartName.Extra.values()) {
            assertThat(PartName.of(extra.site(), extra.layer())).contains(extra);
        }
        assertThat(PartName.of(99, 0)).isEmpty();
        assertThat(PartName.of(0, -1)).isEmpty();
        assertThat(new PartName.State(new Place(Site.FINAL_NORM, 2)).site())
                .as("fixed for ever")
                .isEqualTo(6);
    }
}
