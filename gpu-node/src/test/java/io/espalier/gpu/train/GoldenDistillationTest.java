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
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole distillation steps give the losses, gradient norms and weights of the original training loop. */
@Tag("golden")
@Timeout(120)
class GoldenDistillationTest {
    private static final FeatureLoss.Projection PROJECTION = new FeatureLoss.Projection("golden", 48, 64);

    @Test
    void stepsOfForwardKlAgree() throws IOException {
        agrees("A_logits_kl", FeatureLoss.NONE, "cpu");
    }

    /** One projection for both pairs, as there; ours has one for each. */
    @Test
    void stepsOfForwardKlWithHiddenStatesAgree() throws IOException {
        Place first = new Place(Site.LAYER_OUTPUT, 0);
        List<FeatureLoss.Pair> pairs = List.of(
                new FeatureLoss.Pair(FeatureLoss.Kind.MSE, first, first, PROJECTION),
                new FeatureLoss.Pair(
                        FeatureLoss.Kind.COSINE,
                        new Place(Site.FINAL_NORM, 2),
                        new Place(Site.FINAL_NORM, 3),
                        PROJECTION));
        agrees("C_kl_plus_hidden", new FeatureLoss(pairs, 0.5, false, List.of()), "cpu");
    }

    static void agrees(String name, FeatureLoss features, String device) throws IOException {
        Path folder = Shared.require("golden/kdstep");
        JsonNode expected =
                new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
        JsonNode run = expected.at("/runs/" + name);
        Path teacherPath = Shared.require("golden/" + expected.get("teacher").asText());
        Path studentPath = Shared.require("golden/" + expected.get("student").asText());
        try (ModelDirectory teacherDirectory = ModelDirectory.open(teacherPath);
                ModelDirectory studentDirectory = ModelDirectory.open(studentPath);
                SafetensorsFile inputs = SafetensorsFile.open(folder.resolve("inputs.safetensors"));
                SafetensorsFile after = SafetensorsFile.open(folder.resolve("student_after_" + name + ".safetensors"));
                LocalTeacher teacher = new LocalTeacher(
                        Torch.open(device, Dtype.F32, 0),
                        teacherDirectory.config(),
                        teacherDirectory::tensor,
                        features);
                LocalStudent student = new LocalStudent(
                        Torch.open(device, Dtype.F32, 0),
                        studentDirectory.config(),
                        parameter -> source(parameter, studentDirectory, inputs),
                        settings(expected.get("optimizer")),
                        new Objective(LossMix.FORWARD_KL, features),
                        new ChunkedHead(1 << 14),
                        (path, config, torch, weights) -> {})) {
            for (int step = 0; step < expected.get("steps").asInt(); step++) {
                TokenBatch batch = batch(inputs, step);
                try (TeacherSignal signal = teacher.forward(batch)) {
                    StepReport report = student.step(batch, signal);
                    double loss = run.get(step).get("loss").asDouble();
                    double norm = run.get(step).get("grad_norm_before_clip").asDouble();
                    assertThat(report.loss()).as("loss " + step).isCloseTo(loss, within(1e-4 * loss));
                    assertThat(report.gradNorm()).as("norm " + step).isCloseTo(norm, within(1e-4 * norm));
                }
            }
            for (String parameter : student.weights().names()) {
                assertThat(student.weights().get(parameter).toFloatArray())
                        .as(parameter)
                        .usingComparatorWithPrecision(5e-5f)
                        .containsExactly(Vectors.floats(after, parameter));
            }
        }
    }

    private static TensorData source(String parameter, ModelDirectory student, SafetensorsFile inputs) {
        return parameter.equals(PROJECTION.weight())
                ? inputs.tensor("proj_weight_init")
                : parameter.equals(PROJECTION.bias()) ? inputs.tensor("proj_bias_init") : student.tensor(parameter);
    }

    private static OptimizerSettings settings(JsonNode o) {
        double learningRate = o.get("lr").asDouble();
        return new OptimizerSettings(
                step -> learningRate,
                o.get("betas").get(0).asDouble(),
                o.get("betas").get(1).asDouble(),
                o.get("eps").asDouble(),
                o.get("weight_decay").asDouble(),
                o.get("decay").asText().startsWith("all"),
                o.get("clip_grad_norm").asDouble(),
                1,
                Frozen.NONE);
    }

    /** All ids of a vector are inputs, so a last target that nothing looks at is added to each row. */
    private static TokenBatch batch(SafetensorsFile inputs, int step) {
        long[] shape = Vectors.shape(inputs, "input_ids");
        int rows = (int) shape[1];
        int seqLength = (int) shape[2];
        int[] all = Vectors.ints(inputs, "input_ids");
        float[] counted = Vectors.floats(inputs, "loss_mask");
        int[] ids = new int[rows * (seqLength + 1)];
        boolean[] mask = new boolean[rows * seqLength];
        for (int r = 0; r < rows; r++) {
            int from = (step * rows + r) * seqLength;
            System.arraycopy(all, from, ids, r * (seqLength + 1), seqLength);
            for (int t = 0; t < seqLength; t++) {
                mask[r * seqLength + t] = counted[from + t] != 0;
            }
        }
        return new TokenBatch(step, rows, seqLength, Arrays.copyOf(ids, ids.length), mask, List.of());
    }
}
