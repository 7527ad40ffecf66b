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
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole distillation steps give the losses, gradient norms and weights of the original training loop. */
@Tag("golden")
@Timeout(120)
class GoldenDistillationTest {
    private static final String PROJECTION = "golden";
    /**
     * The distance by which AdamW's noise may move a few elements whose gradients are near zero: AdamW divides
     * gradients by their own size.
     */
    private static final double NEAR_ZERO = 3e-4;

    private static final double AFTER = 5e-5;
    private static final int ELEMENTS_PER_EXCEPTION = 50_000;

    @Test
    void stepsOfForwardKlAgree() throws IOException {
        agrees("A_logits_kl", FeatureLoss.NONE, "cpu");
    }

    /** One projection for all pairs, as there; ours may have one for each. */
    @Test
    void stepsOfForwardKlWithHiddenStatesAgree() throws IOException {
        Path folder = Shared.require("golden/kdstep");
        JsonNode expected =
                new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
        FeatureLoss.Projection projection;
        try (SafetensorsFile inputs = SafetensorsFile.open(folder.resolve("inputs.safetensors"))) {
            long[] shape = Vectors.shape(inputs, "proj_weight_init");
            projection = new FeatureLoss.Projection(PROJECTION, (int) shape[1], (int) shape[0]);
        }
        List<FeatureLoss.Pair> pairs = new ArrayList<>();
        for (JsonNode pair : expected.get("layer_map_student_to_teacher")) {
            pairs.add(new FeatureLoss.Pair(
                    FeatureLoss.Kind.MSE,
                    new Place(Site.LAYER_OUTPUT, pair.get(0).asInt()),
                    new Place(Site.LAYER_OUTPUT, pair.get(1).asInt()),
                    projection));
        }
        pairs.add(new FeatureLoss.Pair(
                FeatureLoss.Kind.COSINE,
                finalNorm(expected.get("student")),
                finalNorm(expected.get("teacher")),
                projection));
        agrees("C_kl_plus_hidden", new FeatureLoss(pairs, weight(expected), false, List.of()), "cpu");
    }

    private static Place finalNorm(JsonNode model) {
        Path folder = Shared.require("golden/" + model.asText());
        return new Place(Site.FINAL_NORM, ModelConfig.read(folder).numHiddenLayers());
    }

    /** The formula says what the mean of the hidden terms is multiplied by. */
    private static double weight(JsonNode expected) {
        Matcher factor = Pattern.compile("\\+ (\\d+(?:\\.\\d+)?)\\*mean")
                .matcher(expected.at("/formulas/C").asText());
        assertThat(factor.find()).isTrue();
        return Double.parseDouble(factor.group(1));
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
            weightsAgree(student, after);
        }
    }

    /** All but one element or two in 100,000 within the tolerance, and those not far from it. */
    private static void weightsAgree(LocalStudent student, SafetensorsFile after) {
        long elements = 0;
        long exceptions = 0;
        for (String parameter : student.weights().names()) {
            float[] expected = Vectors.floats(after, parameter);
            float[] actual = student.weights().get(parameter).toFloatArray();
            assertThat(actual)
                    .as(parameter)
                    .usingComparatorWithPrecision((float) NEAR_ZERO)
                    .containsExactly(expected);
            elements += actual.length;
            for (int i = 0; i < actual.length; i++) {
                exceptions += Math.abs(actual[i] - expected[i]) > AFTER ? 1 : 0;
            }
        }
        assertThat(exceptions)
                .as("elements of " + elements + " beyond " + AFTER)
                .isLessThanOrEqualTo(Math.ceilDiv(elements, ELEMENTS_PER_EXCEPTION));
    }

    private static TensorData source(String parameter, ModelDirectory student, SafetensorsFile inputs) {
        return !parameter.startsWith("projection.")
                ? student.tensor(parameter)
                : inputs.tensor(parameter.endsWith(".weight") ? "proj_weight_init" : "proj_bias_init");
    }

    private static OptimizerSettings settings(JsonNode o) {
        double learningRate = o.get("lr").asDouble();
        return new OptimizerSettings(
                step -> learningRate,
                new Adam(
                        o.get("betas").get(0).asDouble(),
                        o.get("betas").get(1).asDouble(),
                        o.get("eps").asDouble(),
                        o.get("weight_decay").asDouble(),
                        o.get("clip_grad_norm").asDouble()),
                o.get("decay").asText().startsWith("all"),
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
