package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.Compensation;
import io.espalier.gpu.prune.Pruner;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
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
    private static final int WARMUP = 10;
    private static final double PEAK = 1e-3;

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"kd", "ce"})
    void lossAndGradientNormOfEachStepAgree(String run) throws IOException {
        Path folder = Shared.require("golden/teacher-kd");
        Path teacherPath = Shared.require("models/teacher-7m");
        JsonNode expected = new ObjectMapper()
                .readTree(folder.resolve("expected.json").toFile())
                .at("/runs/" + run);
        boolean taught = run.equals("kd");
        try (ModelDirectory original = ModelDirectory.open(teacherPath);
                ModelDirectory start = ModelDirectory.open(student(original));
                SafetensorsFile batches = SafetensorsFile.open(folder.resolve("batches.safetensors"));
                LocalTeacher teacher =
                        new LocalTeacher(Torch.open("cpu", Dtype.F32, 0), original.config(), original::tensor);
                LocalStudent student = new LocalStudent(
                        Torch.open("cpu", Dtype.F32, 0),
                        start.config(),
                        start::tensor,
                        settings(),
                        Objective.of(taught ? LossMix.FORWARD_KL : LossMix.CROSS_ENTROPY),
                        new ChunkedHead(4 << 20),
                        (_, _, _, _) -> {})) {
            for (int step = 0; step < STEPS; step++) {
                StepReport report = step(student, taught ? teacher : null, batch(batches, step));
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

    /** All parameters decay, as in the original run. */
    private static OptimizerSettings settings() {
        LearningRate rate = step -> step < WARMUP ? PEAK * (step + 1) / WARMUP : PEAK;
        return new OptimizerSettings(rate, 0.9, 0.95, 1e-8, 0.1, true, 1.0, 1, Frozen.NONE);
    }

    private static TokenBatch batch(SafetensorsFile batches, int step) {
        long[] shape = Vectors.shape(batches, "batches");
        int rows = (int) shape[1];
        int length = (int) shape[2];
        int[] all = Vectors.ints(batches, "batches");
        int[] ids = Arrays.copyOfRange(all, step * rows * length, (step + 1) * rows * length);
        return new TokenBatch(step, rows, length - 1, ids, null, List.of());
    }

    /** The teacher cut in every axis at once, by the indices that the original code chose. */
    private Path student(ModelDirectory original) throws IOException {
        JsonNode expected = new ObjectMapper()
                .readTree(Shared.require("golden/teacher-prune/expected.json").toFile());
        JsonNode chosen = expected.get("chosen");
        ModelConfig config = original.config();
        List<Integer> layers = indices(chosen.get("layers"));
        List<List<Integer>> ffn = new ArrayList<>();
        List<List<Integer>> heads = new ArrayList<>();
        List<List<Integer>> groups = new ArrayList<>();
        for (int layer : layers) {
            ffn.add(indices(chosen.get("ffn.layer" + layer)));
            heads.add(indices(chosen.get("heads.layer" + layer)));
            groups.add(IntStream.range(0, config.numKeyValueHeads()).boxed().toList());
        }
        List<Integer> hidden = indices(chosen.get("hidden"));
        PruningPlan plan = new PruningPlan(
                PruningPlan.Shape.of(config), "", layers, hidden, ffn, groups, heads, Compensation.NONE);
        Path target = temporary.resolve("student");
        Pruner.prune(original, plan, null, target, Long.MAX_VALUE, _ -> {});
        return target;
    }

    private static List<Integer> indices(JsonNode array) {
        List<Integer> indices = new ArrayList<>();
        array.forEach(index -> indices.add(index.asInt()));
        return indices;
    }
}
