package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.djl.ndarray.NDManager;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On a CUDA device the numbers are those of the processor, and its memory may run out without harm. */
@Tag("cuda")
@Timeout(300)
class CudaTest {
    private static final String DEVICE = "cuda:0";
    private static final ModelConfig CONFIG = TinyModel.config();

    @BeforeEach
    void requireDevice() {
        try (Torch torch = Torch.open(DEVICE, Dtype.F32, 0)) {
            assertThat(torch.arithmetic()).startsWith("cuda");
        } catch (Refused e) {
            abort(e.getMessage());
        }
    }

    @TestFactory
    Stream<DynamicTest> everyModelAgreesWithTheOriginal() {
        return Shared.goldenCases("model", true, GoldenModelTest::isModel).stream()
                .map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(), () -> {
                    GoldenModelTest.agreesInStates(folder, DEVICE);
                    GoldenModelTest.agreesInLoss(folder, DEVICE);
                }));
    }

    @Test
    void stepsOfForwardKlAgree() throws IOException {
        GoldenDistillationTest.agrees("A_logits_kl", FeatureLoss.NONE, DEVICE);
    }

    private static LocalStudent student(String device, Dtype dtype, boolean recompute) {
        OptimizerSettings settings =
                new OptimizerSettings(step -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), false, 1, Frozen.NONE);
        return new LocalStudent(
                Torch.open(device, dtype, 0),
                CONFIG,
                new RandomWeights(CONFIG, 1),
                settings,
                Objective.of(LossMix.FORWARD_KL),
                new ChunkedHead(1 << 20),
                (path, config, torch, weights) -> {},
                recompute);
    }

    private static LocalTeacher teacher(String device, Dtype dtype) {
        return new LocalTeacher(Torch.open(device, dtype, 0), CONFIG, new RandomWeights(CONFIG, 2));
    }

    private static StepReport step(String device, Dtype dtype, boolean recompute) {
        TokenBatch batch = TinyModel.batches(new Random(6), 1, 4, 32).getFirst();
        try (LocalTeacher teacher = teacher(device, dtype);
                LocalStudent student = student(device, dtype, recompute);
                TeacherSignal signal = teacher.forward(batch)) {
            student.step(batch, signal);
            return student.step(batch, signal);
        }
    }

    @Test
    void aStepIsTheProcessorsInBothTypesRecomputedOrNot() {
        for (Dtype dtype : new Dtype[] {Dtype.F32, Dtype.BF16}) {
            double tolerance = dtype == Dtype.F32 ? 1e-4 : 3e-2;
            StepReport expected = step("cpu", dtype, false);
            for (boolean recompute : new boolean[] {false, true}) {
                StepReport actual = step(DEVICE, dtype, recompute);
                assertThat(actual.loss())
                        .as(dtype + " loss")
                        .isCloseTo(expected.loss(), within(tolerance * expected.loss()));
                assertThat(actual.gradNorm())
                        .as(dtype + " norm")
                        .isCloseTo(expected.gradNorm(), within(tolerance * expected.gradNorm()));
            }
        }
    }

    @Test
    void whatIsCarriedFromTheDeviceAndBackIsTheSame(@TempDir Path temporary) {
        Path model = TinyModel.write(temporary.resolve("model"), 2);
        TokenBatch batch = TinyModel.batches(new Random(6), 1, 4, 32).getFirst();
        for (Dtype dtype : new Dtype[] {Dtype.F32, Dtype.BF16}) {
            try (LocalTeacher teacher = teacher(DEVICE, dtype);
                    TeacherStage first =
                            TeachingStage.open(Torch.open(DEVICE, dtype, 0), model, FeatureLoss.NONE, 0, 2, _ -> {});
                    TeacherStage last =
                            TeachingStage.open(Torch.open(DEVICE, dtype, 0), model, FeatureLoss.NONE, 1, 2, _ -> {});
                    LocalStudent beside = student(DEVICE, dtype, false);
                    Student afar = new TaughtFromAfar(
                            student(DEVICE, dtype, false),
                            TeacherHead.open(Torch.open(DEVICE, dtype, 0), model, FeatureLoss.NONE));
                    TeacherSignal whole = teacher.forward(batch);
                    TeacherSignal staged = TeachingStageTest.through(List.of(first, last), new StageInput.Ids(batch))) {
                assertThat(afar.step(batch, staged).loss())
                        .as(dtype.name())
                        .isEqualTo(beside.step(batch, whole).loss());
            }
        }
    }

    /** Takes what the device has left, and frees it when closed. */
    private static final class Ballast implements AutoCloseable {
        private static final long GIB = 1L << 30;
        private static final long SMALLEST = 1L << 20;

        private final NDManager manager;

        Ballast(Torch torch) {
            this.manager = torch.longLived();
            for (long bytes = GIB; bytes >= SMALLEST; bytes /= 4) {
                while (took(torch, bytes)) {
                    assertThat(manager.isOpen()).isTrue();
                }
            }
        }

        private boolean took(Torch torch, long bytes) {
            try {
                torch.empty(manager, new long[] {bytes / Float.BYTES}, Dtype.F32);
                return true;
            } catch (DeviceFailure full) {
                return false;
            }
        }

        @Override
        public void close() {
            manager.close();
        }
    }

    @Test
    void memoryThatRunsOutIsADeviceFailureAndTheNextStepWorks() {
        // Its activations take more than the ballast can have left in pieces.
        TokenBatch large = TinyModel.batches(new Random(8), 1, 2048, 128).getFirst();
        TokenBatch small = TinyModel.batches(new Random(9), 1, 4, 32).getFirst();
        try (LocalTeacher teacher = teacher(DEVICE, Dtype.F32);
                LocalStudent student = student(DEVICE, Dtype.F32, false);
                LocalStudent twin = student(DEVICE, Dtype.F32, false);
                Torch other = Torch.open(DEVICE, Dtype.F32, 0);
                TeacherSignal signal = teacher.forward(large);
                TeacherSignal smallSignal = teacher.forward(small)) {
            try (Ballast ballast = new Ballast(other)) {
                assertThat(ballast.manager.isOpen()).isTrue();
                assertThatThrownBy(() -> student.step(large, signal))
                        .isInstanceOf(DeviceFailure.class)
                        .rootCause()
                        .hasMessageContaining("out of memory");
                assertThatThrownBy(() -> teacher.forward(large)).isInstanceOf(DeviceFailure.class);
            }
            assertThat(student.gradientBytes()).isZero();
            StepReport expected = twin.step(small, smallSignal);
            StepReport actual = student.step(small, smallSignal);
            assertThat(actual.outcome()).isEqualTo(StepReport.Outcome.STEPPED);
            assertThat(actual.loss()).isCloseTo(expected.loss(), within(1e-6));
            assertThat(student.step(large, signal).outcome()).isEqualTo(StepReport.Outcome.STEPPED);
            assertThat(List.of(actual.rejected())).containsOnly(List.of());
        }
    }
}
