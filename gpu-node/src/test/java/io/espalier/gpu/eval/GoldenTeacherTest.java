package io.espalier.gpu.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shared real teacher gives the original code's numbers: states, loss of every held-out window, greedy text. */
@Tag("golden")
@Timeout(120)
class GoldenTeacherTest {
    private Path golden;
    private ModelDirectory directory;
    private Torch torch;
    private Weights weights;
    private Evaluator.Loaded teacher;

    @BeforeEach
    void load() {
        golden = Shared.require("golden/teacher");
        directory = ModelDirectory.open(Shared.require("models/teacher-7m"));
        torch = Torch.open("cpu", Dtype.F32, 0);
        weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32);
        teacher = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
    }

    @AfterEach
    void close() {
        if (directory != null) {
            weights.close();
            torch.close();
            directory.close();
        }
    }

    @Test
    void statesAndLogitsAgree() {
        try (SafetensorsFile expected = SafetensorsFile.open(golden.resolve("expected.safetensors"));
                Scope scope = torch.inference()) {
            Taps taps = (site, layer, value) -> {
                if (site == Taps.Site.LAYER_OUTPUT) {
                    assertClose(expected, "hidden." + (layer + 1), value);
                }
            };
            NDArray ids = scope.ids(Vectors.longs(expected, "input_ids"), 1);
            NDArray hidden = teacher.model().hidden(scope, ids, weights, taps);
            assertClose(expected, "final_norm", hidden);
            assertClose(expected, "logits", scope.linear(hidden, weights.get("lm_head.weight")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"wiki", "tech", "fiction"})
    void lossOfEveryHeldOutWindowAgrees(String domain) {
        Evaluator evaluator = new Evaluator(torch, new ChunkedHead(1 << 20));
        try (SafetensorsFile windows = SafetensorsFile.open(golden.resolve("eval_windows.safetensors"))) {
            int[] ids = Vectors.ints(windows, domain + ".windows");
            float[] expected = Vectors.floats(windows, domain + ".window_ce");
            int seqLength = (int) Vectors.shape(windows, domain + ".windows")[1] - 1;
            TokenBatch batch = new TokenBatch(0, expected.length, seqLength, ids, null, List.of());
            float[] losses = evaluator.tokenLosses(teacher, batch);
            double total = 0;
            for (int w = 0; w < expected.length; w++) {
                double sum = 0;
                for (int t = 0; t < seqLength; t++) {
                    sum += losses[w * seqLength + t];
                }
                assertThat(sum / seqLength).as("window " + w).isCloseTo(expected[w], within(1e-4 * expected[w]));
                total += sum;
            }
            Scores scores = evaluator.score(teacher, teacher, batch);
            assertThat(scores.lossSum()).isCloseTo(total, within(1e-5 * total));
            assertThat(scores.kl()).isCloseTo(0, within(1e-7));
            assertThat(scores.agreements()).isEqualTo(scores.tokens());
        }
    }

    @Test
    void greedyTextAgrees() throws IOException {
        JsonNode greedy = new ObjectMapper()
                .readTree(golden.resolve("expected.json").toFile())
                .get("greedy");
        int[] prompt = ints(greedy.get("prompt"));
        int[] expected = ints(greedy.get("new_tokens"));
        List<Integer> written = new ArrayList<>();
        try (Generator generator = new Generator(torch, teacher, 1, prompt.length + expected.length)) {
            generator.write(
                    prompt, expected.length, Sampling.GREEDY, RandomGenerator.getDefault(), id -> false, written::add);
        }
        assertThat(written.stream().mapToInt(Integer::intValue).toArray()).isEqualTo(expected);
    }

    private static int[] ints(JsonNode array) {
        int[] ints = new int[array.size()];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = array.get(i).asInt();
        }
        return ints;
    }

    private static void assertClose(SafetensorsFile file, String name, NDArray actual) {
        assertThat(actual.toFloatArray())
                .as(name)
                .usingComparatorWithPrecision(1e-3f)
                .containsExactly(Vectors.floats(file, name));
    }
}
