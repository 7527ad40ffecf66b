package io.espalier.gpu.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.model.Documents;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Losses on hidden states agree with their originals in value (relative 1e-5) and gradient (absolute 1e-6, plus as much
 * of what float32 can tell). Megatron-LM's balance against the text's own loss too (with_lm_loss) is not offered.
 */
@Tag("golden")
@Timeout(60)
class GoldenFeatureLossTest {
    private static final Place PLACE = new Place(Site.LAYER_OUTPUT, 0);
    private static final FeatureLoss.Projection PROJECTION = new FeatureLoss.Projection("golden", 16, 24);

    private JsonNode losses;
    private SafetensorsFile inputs;
    private SafetensorsFile vectors;
    private Torch torch;

    @BeforeEach
    void open() throws IOException {
        Path folder = Shared.require("golden/distill");
        losses = new ObjectMapper()
                .readTree(folder.resolve("expected.json").toFile())
                .at("/losses");
        inputs = SafetensorsFile.open(folder.resolve("inputs.safetensors"));
        vectors = SafetensorsFile.open(folder.resolve("expected.safetensors"));
        torch = Torch.open("cpu", Dtype.F32, 1);
    }

    @AfterEach
    void close() {
        torch.close();
        vectors.close();
        inputs.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"hidden_mse.masked_token_mean", "hidden_mse.mean_all", "hidden_cosine.masked_token_mean"})
    void lossesOnStatesOfOneWidthAgree(String name) {
        try (Scope scope = torch.recording()) {
            NDArray student = input(scope, "student_hidden", true);
            float[] mask = name.endsWith("mean_all") ? ones() : Vectors.floats(inputs, "loss_mask");
            NDArray sum = sum(scope, List.of(pair(kind(name), null)), false, student, Map.of(), mask, 0);
            agrees(scope, name, sum, total(mask), Map.of("student_hidden", student));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"proj_mse.masked_token_mean", "proj_cosine.masked_token_mean"})
    void lossesThroughAProjectionAgree(String name) {
        try (Scope scope = torch.recording()) {
            NDArray student = input(scope, "student_hidden_small", true);
            NDArray weight = input(scope, "proj_weight", true);
            NDArray bias = input(scope, "proj_bias", true);
            Map<String, NDArray> projections = Map.of(PROJECTION.weight(), weight, PROJECTION.bias(), bias);
            float[] mask = Vectors.floats(inputs, "loss_mask");
            NDArray sum = sum(scope, List.of(pair(kind(name), PROJECTION)), false, student, projections, mask, 0);
            agrees(
                    scope,
                    name,
                    sum,
                    total(mask),
                    Map.of("student_hidden_small", student, "proj_weight", weight, "proj_bias", bias));
        }
    }

    /** The value is then twice the logit loss; the gradient is what matters. */
    @Test
    void balanceAgrees() {
        String name = "mix_megatron_hidden.skip_lm_loss";
        double kl = losses.at("/megatron_logits_kl.T1.masked_token_mean/value").asDouble();
        try (Scope scope = torch.recording()) {
            NDArray student = input(scope, "student_hidden", true);
            float[] mask = Vectors.floats(inputs, "loss_mask");
            List<FeatureLoss.Pair> pairs =
                    List.of(pair(FeatureLoss.Kind.COSINE, null), pair(FeatureLoss.Kind.MSE, null));
            NDArray sum = sum(scope, pairs, true, student, Map.of(), mask, kl * total(mask));
            assertThat(sum.getFloat() / total(mask)).isCloseTo(kl, within(kl * 1e-5));
            scope.backward(sum, scope.manager().ones(sum.getShape()));
            gradientAgrees(name, "student_hidden", student, total(mask));
        }
    }

    private void agrees(Scope scope, String name, NDArray sum, double divisor, Map<String, NDArray> leaves) {
        double value = losses.get(name).get("value").asDouble();
        assertThat(sum.getFloat() / divisor).isCloseTo(value, within(1e-5 * value));
        scope.backward(sum, scope.manager().ones(sum.getShape()));
        leaves.forEach((input, leaf) -> gradientAgrees(name, input, leaf, divisor));
    }

    private void gradientAgrees(String name, String input, NDArray leaf, double divisor) {
        float[] expected =
                Vectors.floats(vectors, losses.get(name).get("grads").get(input).asText());
        float[] actual = leaf.getGradient().toFloatArray();
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i] / divisor)
                    .as("%s[%d]", input, i)
                    .isCloseTo(expected[i], within(1e-6 + 1e-5 * Math.abs(expected[i])));
        }
    }

    private static FeatureLoss.Kind kind(String name) {
        return name.contains("cosine") ? FeatureLoss.Kind.COSINE : FeatureLoss.Kind.MSE;
    }

    private static FeatureLoss.Pair pair(FeatureLoss.Kind kind, FeatureLoss.Projection projection) {
        return new FeatureLoss.Pair(kind, PLACE, PLACE, projection);
    }

    private NDArray sum(
            Scope scope,
            List<FeatureLoss.Pair> pairs,
            boolean balanced,
            NDArray student,
            Map<String, NDArray> projections,
            float[] mask,
            double logitSum) {
        FeatureStates states =
                new FeatureStates(new FeatureLoss(pairs, 1, balanced, List.of()), scope, Documents.whole(1, 1));
        states.see(PLACE.site(), PLACE.layer(), student);
        NDArray teacher = input(scope, "teacher_hidden", false).reshape(mask.length, -1);
        NDArray logits = scope.manager().create(new double[] {logitSum});
        return states.sum(torch, Map.of(PLACE, teacher), projections::get, scope.floats(mask, mask.length), logits);
    }

    private NDArray input(Scope scope, String name, boolean leaf) {
        NDArray tensor = scope.floats(Vectors.floats(inputs, name), Vectors.shape(inputs, name));
        if (leaf) {
            tensor.setRequiresGradient(true);
        }
        return tensor;
    }

    private float[] ones() {
        float[] ones = new float[Vectors.floats(inputs, "loss_mask").length];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static double total(float[] mask) {
        return IntStream.range(0, mask.length).mapToDouble(i -> mask[i]).sum();
    }
}
