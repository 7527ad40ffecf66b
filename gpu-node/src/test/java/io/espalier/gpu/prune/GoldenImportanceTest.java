package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
            ModelConfig config = ModelConfig.read(model);
            ActivationStatistics sums = calibrate(model, inputs);
            Importance importance = Importance.of(sums, config, ImportanceSettings.REFERENCE);
            assertClose(importance.hidden(), Vectors.floats(scores, "hidden"), "hidden");
            double[] influence = importance.depth().layers();
            assertClose(influence, Vectors.floats(scores, "block_influence"), "block_influence");
            assertClose(
                    Arrays.stream(influence).map(score -> score * sums.rows()).toArray(),
                    Vectors.floats(scores, "depth_score_modelopt_mbs1"),
                    "depth_score_modelopt_mbs1");
            for (int l = 0; l < config.numHiddenLayers(); l++) {
                assertLayer(importance, sums, scores, l);
            }
            assertLeaveOneOut(model, inputs, expected.get("leave_one_out"));
        }
    }

    private static void assertLayer(Importance importance, ActivationStatistics sums, SafetensorsFile scores, int l) {
        assertClose(importance.ffn()[l], Vectors.floats(scores, "ffn.layer" + l), "ffn " + l);
        assertClose(importance.heads()[l], Vectors.floats(scores, "heads.layer" + l), "heads " + l);
        assertClose(importance.groups()[l], Vectors.floats(scores, "groups.layer" + l), "groups " + l);
        assertSums(sums.heads().get(l), Aggregation.MINITRON, sums, scores, "attn_channels.layer" + l);
        assertSums(
                sums.attentionNorm().get(l),
                Aggregation.MINITRON,
                sums,
                scores,
                "hidden.layer" + l + ".input_layernorm");
        assertSums(
                sums.mlpNorm().get(l),
                Aggregation.MINITRON,
                sums,
                scores,
                "hidden.layer" + l + ".post_attention_layernorm");
        Aggregation means = new Aggregation(Aggregation.OverSequence.MEAN, Aggregation.OverRows.MEAN);
        assertSums(sums.ffn().get(l), means, sums, scores, "ffn_alt.mean_mean.layer" + l);
        Aggregation squares = new Aggregation(Aggregation.OverSequence.L2, Aggregation.OverRows.L2);
        assertSums(sums.ffn().get(l), squares, sums, scores, "ffn_alt.l2_l2.layer" + l);
    }

    private static void assertSums(
            ChannelSums channels, Aggregation how, ActivationStatistics sums, SafetensorsFile scores, String name) {
        assertClose(channels.scores(how, sums.rows()), Vectors.floats(scores, name), name);
    }

    /** Their targets are the inputs shifted by one, so the rows are one id shorter (loss 1e-5). */
    private static void assertLeaveOneOut(Path model, SafetensorsFile inputs, JsonNode expected) {
        int[] ids = Vectors.ints(inputs, "calib_ids");
        int rowLength = (int) Vectors.shape(inputs, "calib_ids")[1];
        int rows = ids.length / rowLength;
        try (ModelDirectory directory = ModelDirectory.open(model);
                Torch torch = Torch.open("cpu", Dtype.F32, 0);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32)) {
            Evaluator.Loaded whole = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
            LeaveOneOut leaveOneOut = new LeaveOneOut(torch, whole, new ChunkedHead(1 << 22));
            leaveOneOut.add(new TokenBatch(0, rows, rowLength - 1, ids, null, List.of()));
            ActivationStatistics sums = leaveOneOut.addTo(calibrate(model, inputs));
            int layers = directory.config().numHiddenLayers();
            double unpruned = sums.leaveOneOut()[layers] / sums.targets();
            assertThat(unpruned).isCloseTo(expected.get("baseline_ce").asDouble(), withinPercentage(1e-3));
            double[] scores = DepthScores.of(sums, DepthCriterion.LEAVE_ONE_OUT).layers();
            for (int l = 0; l < layers; l++) {
                assertThat(Math.log(scores[l]))
                        .isCloseTo(expected.get("ce").get(l).asDouble(), withinPercentage(1e-3));
            }
        }
    }

    private static Path model(Path folder, String source) {
        Path sibling = folder.resolveSibling(source);
        return Files.isDirectory(sibling) ? sibling : Shared.require(source);
    }

    /** Uneven micro-batches of one to three rows: the sums do not care. */
    private static ActivationStatistics calibrate(Path model, SafetensorsFile inputs) {
        int[] ids = Vectors.ints(inputs, "calib_ids");
        int seqLength = (int) Vectors.shape(inputs, "calib_ids")[1];
        int rows = ids.length / seqLength;
        try (ModelDirectory directory = ModelDirectory.open(model);
                Torch torch = Torch.open("cpu", Dtype.F32, 0);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32);
                Calibration calibration =
                        new Calibration(torch, new CausalLm(torch, directory.config()), weights, true)) {
            for (int row = 0, size = 1; row < rows; row += size, size = Math.min(size % 3 + 1, rows - row)) {
                calibration.add(batch(ids, row, size, seqLength));
            }
            assertThat(calibration.rows()).isEqualTo(rows);
            return calibration.statistics();
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
