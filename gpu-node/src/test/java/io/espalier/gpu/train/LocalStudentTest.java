package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.Provenance;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.LogitLoss;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a student must do whatever its numbers: accumulate exactly, refuse poison before it moves, save what it holds. */
@Timeout(60)
class LocalStudentTest {
    private static final ModelConfig CONFIG = TinyModel.config();
    private static final ChunkedHead HEAD = new ChunkedHead(1 << 12);

    @TempDir
    Path temporary;

    private static OptimizerSettings settings(int accumulation) {
        return new OptimizerSettings(
                step -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), false, accumulation, Frozen.NONE);
    }

    private static LocalStudent student(Dtype dtype, int accumulation) {
        return student(dtype, accumulation, LossMix.CROSS_ENTROPY);
    }

    private static LocalStudent pupil(Dtype dtype) {
        return student(dtype, 1, LossMix.FORWARD_KL);
    }

    private static LocalStudent student(OptimizerSettings settings) {
        return student(Dtype.F32, settings, LossMix.CROSS_ENTROPY);
    }

    private static LocalStudent student(Dtype dtype, int accumulation, LossMix loss) {
        return student(dtype, settings(accumulation), loss);
    }

    private static LocalStudent student(Dtype dtype, OptimizerSettings settings, LossMix loss) {
        return student(dtype, settings, loss, HEAD);
    }

    private static LocalStudent student(Dtype dtype, OptimizerSettings settings, LossMix loss, ChunkedHead head) {
        ModelSaver saver = new ModelSaver(spec -> TensorType.F32, Path.of("absent"), Long.MAX_VALUE);
        return new LocalStudent(
                Torch.open("cpu", dtype, 1),
                CONFIG,
                new RandomWeights(CONFIG, 1),
                settings,
                Objective.of(loss),
                head,
                saver);
    }

    private static LocalTeacher teacher(Dtype dtype, long seed) {
        return new LocalTeacher(Torch.open("cpu", dtype, 1), CONFIG, new RandomWeights(CONFIG, seed));
    }

    private static TokenBatch batch(long seed, int rows, boolean[] mask) {
        Random random = new Random(seed);
        int[] ids = random.ints((long) rows * 9, 0, TinyModel.VOCAB_SIZE).toArray();
        return new TokenBatch(seed, rows, 8, ids, mask, List.of());
    }

    @Test
    void aGlobalBatchInPartsMovesLikeTheWholeEvenWhenMasksAreUneven() {
        boolean[] mask = new boolean[32];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = i % 3 != 0 && i < 27;
        }
        TokenBatch whole = batch(5, 4, mask);
        try (LocalStudent one = student(Dtype.F32, 1);
                LocalStudent parts = student(Dtype.F32, 4)) {
            StepReport expected = one.step(whole, null);
            StepReport actual = null;
            for (int row = 0; row < 4; row++) {
                int[] ids = java.util.Arrays.copyOfRange(whole.ids(), row * 9, row * 9 + 9);
                boolean[] part = java.util.Arrays.copyOfRange(mask, row * 8, row * 8 + 8);
                actual = parts.step(new TokenBatch(row, 1, 8, ids, part, List.of()), null);
                assertThat(actual.complete()).isEqualTo(row == 3);
            }
            assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-6));
            assertThat(actual.gradNorm()).isCloseTo(expected.gradNorm(), within(1e-5));
            for (String name : one.weights().names()) {
                assertThat(parts.weights().get(name).toFloatArray())
                        .as(name)
                        .usingComparatorWithPrecision(2e-5f)
                        .containsExactly(one.weights().get(name).toFloatArray());
            }
        }
    }

    @Test
    void aStudentThatIsItsTeacherHasNothingToLearn() {
        for (Dtype dtype : new Dtype[] {Dtype.F32, Dtype.BF16}) {
            try (LocalStudent student = pupil(dtype);
                    LocalTeacher teacher = teacher(dtype, 1);
                    TeacherSignal signal = teacher.forward(batch(3, 2, null))) {
                StepReport report = student.step(batch(3, 2, null), signal);
                assertThat(report.loss()).as(dtype.name()).isBetween(-1e-6, dtype == Dtype.F32 ? 1e-6 : 1e-4);
            }
        }
    }

    @Test
    void whatAStepSeesOfItsTeacherIsWhatAScoreSaysWhateverTheLoss() {
        boolean[] mask = new boolean[16];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = i % 3 != 0;
        }
        TokenBatch batch = batch(3, 2, mask);
        LogitLoss kl = new LogitLoss.ForwardKl();
        List<LossMix> mixes = List.of(
                LossMix.FORWARD_KL,
                new LossMix(List.of(new LossMix.Part(kl, 0.5)), 2),
                new LossMix(
                        List.of(
                                new LossMix.Part(new LogitLoss.ReverseKl(), 1),
                                new LossMix.Part(new LogitLoss.CrossEntropy(), 1)),
                        1));
        for (LossMix mix : mixes) {
            try (LocalStudent student = student(Dtype.F32, settings(1), mix, HEAD.observing());
                    LocalStudent plain = student(Dtype.F32, settings(1), mix);
                    LocalTeacher teacher = teacher(Dtype.F32, 2);
                    TeacherSignal signal = teacher.forward(batch)) {
                List<Scores> rows = student.score(batch, signal);
                Scores scores = rows.stream().reduce(Scores.NONE, Scores::plus);
                assertThat(rows).hasSize(2).extracting(Scores::tokens).containsExactly(5L, 5L);
                StepReport report = student.step(batch, signal);
                assertThat(report.observed().kl()).isCloseTo(scores.kl(), within(1e-5));
                assertThat(report.observed().teacherLoss()).isCloseTo(scores.teacherLoss(), within(1e-5));
                StepReport unobserved = plain.step(batch, signal);
                assertThat(unobserved.losses()).isEqualTo(report.losses());
                assertThat(unobserved.observed()).isEqualTo(StepReport.Observed.NONE);
            }
        }
    }

    @Test
    void aRowScoresAsItDoesAlone() {
        TokenBatch both = batch(3, 2, null);
        try (LocalStudent student = pupil(Dtype.F32);
                LocalTeacher teacher = teacher(Dtype.F32, 2);
                TeacherSignal signal = teacher.forward(both)) {
            List<Scores> rows = student.score(both, signal);
            for (int row = 0; row < 2; row++) {
                TokenBatch alone =
                        new TokenBatch(0, 1, 8, Arrays.copyOfRange(both.ids(), row * 9, row * 9 + 9), null, List.of());
                try (TeacherSignal said = teacher.forward(alone)) {
                    Scores score = student.score(alone, said).getFirst();
                    assertThat(rows.get(row).kl()).isCloseTo(score.kl(), within(1e-5));
                    assertThat(rows.get(row).loss()).isCloseTo(score.loss(), within(1e-5));
                    assertThat(rows.get(row).entropyRatio()).isCloseTo(score.entropyRatio(), within(1e-5));
                }
            }
        }
    }

    @Test
    void aRestoredStudentStepsAsTheOneThatWasStored() {
        try (LocalStudent student = student(Dtype.F32, 1);
                LocalStudent other = student(Dtype.F32, 1)) {
            student.step(batch(1, 2, null), null);
            Path place = temporary.resolve("checkpoint");
            try (Snapshot snapshot = student.snapshot()) {
                TrainingCheckpoint.write(place, snapshot, Map.of(), TrainingCheckpoint.Origin.ALONE, _ -> {});
            }
            for (int i = 0; i < 3; i++) {
                other.step(batch(40 + i, 2, null), null);
            }
            try (TrainingCheckpoint stored = TrainingCheckpoint.open(place)) {
                other.restore(stored::weight, stored::moment);
            }
            StepReport expected = student.step(batch(2, 2, null), null);
            StepReport actual = other.step(batch(2, 2, null), null);
            assertThat(actual.loss()).isEqualTo(expected.loss());
            assertThat(actual.step()).as("the count goes on").isEqualTo(4);
            for (String name : student.weights().names()) {
                assertThat(other.weights().get(name).toFloatArray())
                        .as(name)
                        .isEqualTo(student.weights().get(name).toFloatArray());
            }
        }
    }

    @Test
    void aSignalOutlivesTheTeacherThatGaveIt() {
        try (LocalStudent student = pupil(Dtype.F32);
                LocalStudent twin = pupil(Dtype.F32)) {
            LocalTeacher teacher = teacher(Dtype.F32, 2);
            TeacherSignal first = teacher.forward(batch(3, 2, null));
            TeacherSignal second = teacher.forward(batch(3, 2, null));
            double expected = twin.step(batch(3, 2, null), first).loss();
            first.close();
            teacher.close();
            teacher.close();
            assertThat(student.step(batch(3, 2, null), second).loss()).isEqualTo(expected);
            second.close();
            second.close();
            assertThatThrownBy(() -> student.step(batch(3, 2, null), second)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void bf16ComputesNearlyTheSameStepAsF32() {
        try (LocalStudent exact = pupil(Dtype.F32);
                LocalStudent rounded = pupil(Dtype.BF16);
                LocalTeacher exactTeacher = teacher(Dtype.F32, 2);
                LocalTeacher roundedTeacher = teacher(Dtype.BF16, 2);
                TeacherSignal exactSignal = exactTeacher.forward(batch(4, 2, null));
                TeacherSignal roundedSignal = roundedTeacher.forward(batch(4, 2, null))) {
            StepReport expected = exact.step(batch(4, 2, null), exactSignal);
            StepReport actual = rounded.step(batch(4, 2, null), roundedSignal);
            assertThat(roundedSignal.bytes()).isEqualTo(exactSignal.bytes() / 2);
            assertThat(actual.loss()).isCloseTo(expected.loss(), within(0.02 * expected.loss()));
            assertThat(actual.gradNorm()).isCloseTo(expected.gradNorm(), within(0.05 * expected.gradNorm()));
        }
    }

    @Test
    void aStepThatTheDeviceFailedInLeavesNothingBehind() {
        TokenBatch first = batch(3, 2, null);
        TokenBatch second = batch(4, 2, null);
        try (LocalStudent student = student(Dtype.F32, 2, LossMix.FORWARD_KL);
                LocalStudent twin = student(Dtype.F32, 2, LossMix.FORWARD_KL);
                LocalTeacher teacher = teacher(Dtype.F32, 2);
                TeacherSignal one = teacher.forward(first);
                TeacherSignal two = teacher.forward(second);
                TeacherSignal unfit = teacher.forward(batch(5, 1, null))) {
            student.step(first, one);
            // More tokens than the signal has: a kernel refuses, as it does where memory ends.
            assertThatThrownBy(() -> student.step(second, unfit)).isInstanceOf(DeviceFailure.class);
            assertThat(student.gradientBytes()).isZero();
            for (LocalStudent each : List.of(student, twin)) {
                assertThat(each.step(first, one).complete()).isFalse();
            }
            assertThat(student.step(second, two).toString())
                    .isEqualTo(twin.step(second, two).toString());
        }
    }

    @Test
    void lossFallsOnABatchSeenAgainAndAgain() {
        try (LocalStudent student = student(Dtype.F32, 1)) {
            double first = student.step(batch(6, 4, null), null).loss();
            double last = first;
            for (int i = 0; i < 60; i++) {
                last = student.step(batch(6, 4, null), null).loss();
            }
            assertThat(last).isLessThan(first / 2);
        }
    }

    @Test
    void anIdBeyondTheVocabularyIsRefusedBeforeTheDeviceSeesIt() {
        int[] ids = new int[9];
        ids[4] = TinyModel.VOCAB_SIZE;
        TokenBatch bad = new TokenBatch(7, 1, 8, ids, null, List.of(new Provenance("a.jsonl", 0, 3, 4)));
        try (LocalStudent student = student(Dtype.F32, 1)) {
            assertThatThrownBy(() -> student.step(bad, null))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("a.jsonl")
                    .hasMessageContaining("token id is 50: must be in [0, 50)");
        }
    }

    @Test
    void aNonFiniteGlobalBatchIsPassedOverWholeAndMovesNothing() {
        try (LocalStudent student = student(Dtype.F32, 2)) {
            student.step(batch(7, 1, null), null);
            ai.djl.ndarray.NDArray norm = student.weights().get("model.norm.weight");
            float healthy = norm.toFloatArray()[0];
            poison(norm, Float.NaN);
            float[] before = student.weights().get("lm_head.weight").toFloatArray();
            StepReport report = student.step(batch(8, 1, null), null);
            assertThat(report.outcome()).isEqualTo(StepReport.Outcome.SKIPPED);
            assertThat(report.rejected()).extracting(TokenBatch::sequence).containsExactly(7L, 8L);
            assertThat(report.step()).isEqualTo(1);
            assertThat(student.weights().get("lm_head.weight").toFloatArray()).isEqualTo(before);
            poison(norm, healthy);
            assertThat(student.step(batch(9, 1, null), null).losses().getFirst())
                    .isFinite();
            assertThat(student.step(batch(10, 1, null), null).outcome()).isEqualTo(StepReport.Outcome.STEPPED);
            for (String name : student.weights().names()) {
                for (float value : student.weights().get(name).toFloatArray()) {
                    assertThat(value).as(name).isFinite();
                }
            }
        }
    }

    @Test
    void whatIsFrozenStaysAndTheRestMovesAsItWould() {
        Frozen frozen = new Frozen(List.of("lm_head.weight", "model.layers.0.*"));
        OptimizerSettings settings =
                new OptimizerSettings(step -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, Double.MAX_VALUE), false, 1, frozen);
        OptimizerSettings free = new OptimizerSettings(
                step -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, Double.MAX_VALUE), false, 1, Frozen.NONE);
        try (LocalStudent some = student(settings);
                LocalStudent all = student(free)) {
            Map<String, float[]> before = new HashMap<>();
            some.weights()
                    .names()
                    .forEach(name -> before.put(name, some.weights().get(name).toFloatArray()));
            some.step(batch(3, 2, null), null);
            all.step(batch(3, 2, null), null);
            for (String name : some.weights().names()) {
                float[] expected = frozen.covers(name)
                        ? before.get(name)
                        : all.weights().get(name).toFloatArray();
                assertThat(some.weights().get(name).toFloatArray()).as(name).isEqualTo(expected);
            }
        }
        assertThatThrownBy(() -> new Frozen(List.of("nothing")).check(before()))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("freeze nothing");
        assertThatThrownBy(() -> new Frozen(List.of("*")).check(before())).isInstanceOf(Refused.class);
    }

    private static List<String> before() {
        return CONFIG.tensors().stream().map(spec -> spec.name()).toList();
    }

    private static void poison(ai.djl.ndarray.NDArray weight, float value) {
        java.nio.ByteBuffer memory =
                ai.djl.pytorch.jni.JniUtils.getByteBuffer((ai.djl.pytorch.engine.PtNDArray) weight, true);
        memory.order(java.nio.ByteOrder.LITTLE_ENDIAN).putFloat(0, value);
    }

    @Test
    void savesTheWeightsItHolds() {
        Path target = temporary.resolve("saved");
        try (LocalStudent student = student(Dtype.F32, 1)) {
            student.step(batch(9, 2, null), null);
            student.save(target);
            try (io.espalier.gpu.checkpoint.ModelDirectory saved =
                    io.espalier.gpu.checkpoint.ModelDirectory.open(target)) {
                float[] stored = saved.tensor("model.layers.1.mlp.up_proj.weight")
                        .bytes()
                        .toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED);
                assertThat(stored)
                        .isEqualTo(student.weights()
                                .get("model.layers.1.mlp.up_proj.weight")
                                .toFloatArray());
            }
        }
        assertThat(Files.exists(target.resolve("config.json"))).isTrue();
    }
}
