package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.TokenBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Importances computed by calibration are those of the original code, whatever the micro-batches (rtol 1e-4). */
@Tag("golden")
@Timeout(120)
class GoldenImportanceTest {
    private static final double PERCENT = 0.01;

    @TestFactory
    Stream<DynamicTest> everyImportanceAgreesWithTheOriginal() {
        return Shared.goldenCases("importance", false, folder -> Files.exists(folder.resolve("importance.safetensors")))
                .stream()
                .map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(), () -> agrees(folder)));
    }

    private static void agrees(Path folder) throws IOException {
        JsonNode expected =
                new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
        Path model = model(folder, expected.get("source").asText());
        try (SafetensorsFile scores = SafetensorsFile.open(folder.resolve("importance.safetensors"));
                SafetensorsFile inputs = SafetensorsFile.open(folder.resolve("inputs.safetensors"))) {
            Importance importance = calibrate(model, inputs);
            assertClose(importance.hidden(), Vectors.floats(scores, "hidden"), "hidden");
            assertClose(importance.blockInfluence(), Vectors.floats(scores, "block_influence"), "block_influence");
            for (int l = 0; l < importance.ffn().length; l++) {
                assertClose(importance.ffn()[l], Vectors.floats(scores, "ffn.layer" + l), "ffn " + l);
                assertClose(importance.heads()[l], Vectors.floats(scores, "heads.layer" + l), "heads " + l);
            }
        }
    }

    private static Path model(Path folder, String source) {
        Path sibling = folder.resolveSibling(source);
        return Files.isDirectory(sibling) ? sibling : Shared.require(source);
    }

    /** Uneven micro-batches of one to three rows: the sums do not care. */
    private static Importance calibrate(Path model, SafetensorsFile inputs) {
        int[] ids = Vectors.ints(inputs, "calib_ids");
        int seqLength = (int) Vectors.shape(inputs, "calib_ids")[1];
        int rows = ids.length / seqLength;
        try (ModelDirectory directory = ModelDirectory.open(model);
                Torch torch = Torch.open("cpu", Dtype.F32, 0);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32);
                Calibration calibration = new Calibration(torch, new CausalLm(torch, directory.config()), weights)) {
            for (int row = 0, size = 1; row < rows; row += size, size = Math.min(size % 3 + 1, rows - row)) {
                calibration.add(batch(ids, row, size, seqLength));
            }
            assertThat(calibration.rows()).isEqualTo(rows);
            return calibration.importance();
        }
    }

    /** Calibration looks at inputs alone, so a row's last target may be anything. */
    private static TokenBatch batch(int[] ids, int row, int rows, int seqLength) {
        int[] wide = new int[rows * (seqLength + 1)];
        for (int r = 0; r < rows; r++) {
            System.arraycopy(ids, (row + r) * seqLength, wide, r * (seqLength + 1), seqLength);
        }
        return new TokenBatch(row, rows, seqLength, wide, null, List.of());
    }

    private static void assertClose(double[] actual, float[] expected, String name) {
        assertThat(actual).as(name).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).as(name + "[" + i + "]").isCloseTo(expected[i], withinPercentage(PERCENT));
        }
    }
}
