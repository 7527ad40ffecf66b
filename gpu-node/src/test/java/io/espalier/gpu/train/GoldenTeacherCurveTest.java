package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole training runs of a real model follow those of the original code, step by step: loss and gradient norm to a
 * thousandth. {@code -Despalier.curve-steps=120} runs all of them.
 */
@Tag("golden")
@Timeout(1200)
class GoldenTeacherCurveTest {
    private static final int STEPS = Integer.getInteger("espalier.curve-steps", 20);

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"kd", "ce"})
    void lossAndGradientNormOfEachStepAgree(String run) throws IOException {
        JsonNode expected = TeacherKd.expected(run);
        List<TokenBatch> batches = TeacherKd.batches();
        boolean taught = run.equals("kd");
        try (ModelDirectory original = ModelDirectory.open(TeacherKd.teacher());
                ModelDirectory start = ModelDirectory.open(TeacherKd.student(original, temporary.resolve("student")));
                LocalTeacher teacher =
                        new LocalTeacher(Torch.open("cpu", Dtype.F32, 0), original.config(), original::tensor);
                LocalStudent student = new LocalStudent(
                        Torch.open("cpu", Dtype.F32, 0),
                        start.config(),
                        start::tensor,
                        TeacherKd.settings(),
                        Objective.of(taught ? LossMix.FORWARD_KL : LossMix.CROSS_ENTROPY),
                        new ChunkedHead(4 << 20),
                        (_, _, _, _) -> {})) {
            for (int step = 0; step < STEPS; step++) {
                StepReport report = step(student, taught ? teacher : null, batches.get(step));
                double loss = expected.at("/loss_per_step/" + step).asDouble();
                double norm = expected.at("/grad_norm_per_step/" + step).asDouble();
                assertThat(report.loss()).as("loss " + step).isCloseTo(loss, within(1e-3 * loss));
                if (norm > 0) {
                    assertThat(report.gradNorm()).as("norm " + step).isCloseTo(norm, within(2e-3 * norm));
                }
            }
        }
    }

    private static StepReport step(LocalStudent student, LocalTeacher teacher, TokenBatch batch) {
        if (teacher == null) {
            return student.step(batch, null);
        }
        try (TeacherSignal signal = teacher.forward(batch)) {
            return student.step(batch, signal);
        }
    }
}
