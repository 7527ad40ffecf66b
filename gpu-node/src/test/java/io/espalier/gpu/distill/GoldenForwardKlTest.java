package io.espalier.gpu.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Forward KL over chunks has the value and the gradient of the original code, whatever the chunk. The vectors hold
 * logits; with an identity for a head, hidden states are logits.
 */
@Tag("golden")
@Timeout(60)
class GoldenForwardKlTest {
    private static final String NAME = "megatron_logits_kl.T1.masked_sum";

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 5, 14, 1000})
    void maskedSumAgreesInValueAndGradient(int chunkRows) throws IOException {
        Path folder = Shared.require("golden/distill");
        JsonNode expected = new ObjectMapper()
                .readTree(folder.resolve("expected.json").toFile())
                .at("/losses")
                .get(NAME);
        try (SafetensorsFile inputs = SafetensorsFile.open(folder.resolve("inputs.safetensors"));
                SafetensorsFile vectors = SafetensorsFile.open(folder.resolve("expected.safetensors"));
                Torch torch = Torch.open("cpu", Dtype.F32, 0);
                Scope scope = torch.inference()) {
            long[] shape = Vectors.shape(inputs, "student_logits");
            int tokens = (int) (shape[0] * shape[1]);
            int vocabulary = (int) shape[2];
            NDArray student = scope.floats(Vectors.floats(inputs, "student_logits"), tokens, vocabulary);
            NDArray teacher = scope.floats(Vectors.floats(inputs, "teacher_logits"), tokens, vocabulary);
            NDArray mask = scope.floats(Vectors.floats(inputs, "loss_mask"), tokens);
            NDArray identity = scope.manager().eye(vocabulary);
            NDArray headGradient = scope.manager().zeros(identity.getShape());
            ChunkedHead head = new ChunkedHead((long) chunkRows * vocabulary * Float.BYTES);
            ChunkedHead.Outcome outcome =
                    head.forwardKl(scope, student, identity, teacher, identity, mask, headGradient);
            double value = expected.get("value").asDouble();
            assertThat(outcome.sum().getDouble()).isCloseTo(value, within(1e-5 * value));
            float[] gradient =
                    Vectors.floats(vectors, expected.at("/grads/student_logits").asText());
            assertThat(outcome.hiddenGradient().toFloatArray())
                    .usingComparatorWithPrecision(1e-6f)
                    .containsExactly(gradient);
            NDArray byHand = outcome.hiddenGradient().transpose().matMul(student);
            assertThat(headGradient.toFloatArray())
                    .usingComparatorWithPrecision(1e-4f)
                    .containsExactly(byHand.toFloatArray());
        }
    }
}
