package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.report.MetricsLog;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.train.Adam;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.StepReport.Outcome;
import io.espalier.proto.state.TrainingState;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.DocumentAttention;
import io.espalier.streams.source.BlendWeights;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The card of a run's student counts whole steps, those before this process among them, and tells the scores of its own step. */
@Timeout(60)
class RunCardTest {
    private static final TrainingState BEGIN =
            TrainingState.newBuilder().setStep(4).setTokens(400).build();

    @TempDir
    Path directory;

    private Path teacher;
    private RunCard card;

    @BeforeEach
    void open() throws IOException {
        teacher = model("teacher", 4);
        card = RunCard.of(request());
        card.begin(BEGIN);
    }

    private Path model(String name, int layers) throws IOException {
        Path model = Files.createDirectories(directory.resolve(name));
        Files.writeString(model.resolve("config.json"), """
            {"model_type":"qwen3","vocab_size":50,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":%d,
             "num_attention_heads":4,"num_key_value_heads":2,"head_dim":8,"torch_dtype":"float32",
             "rms_norm_eps":1e-6,"rope_theta":10000}\
            """.formatted(layers));
        return model;
    }

    private TrainRequest request() throws IOException {
        Path text = Files.writeString(directory.resolve("tales.txt"), "Once.");
        return new TrainRequest(
                new TrainRequest.Start.Stored(model("start", 2)),
                teacher,
                LossMix.FORWARD_KL,
                Features.NONE,
                new BatchSettings(
                        List.of(TextFile.of(text)),
                        BlendWeights.BY_SIZE,
                        new ReadSettings("text", 1 << 20),
                        32,
                        2,
                        7,
                        16,
                        false,
                        DocumentAttention.SEPARATE,
                        1,
                        50),
                new ComputeSettings("cpu", Dtype.F32, 1, 1 << 20),
                10,
                TrainRequest.Schedule.cosine(4, 1e-3, 10, new Adam(0.9, 0.95, 1e-8, 0.1, 1)),
                Validation.NONE,
                Checkpointing.NONE,
                Economy.NONE,
                directory.resolve("run"),
                1 << 20);
    }

    private static StepReport report(long step, Outcome outcome) {
        return new StepReport(
                0, step, outcome, List.of(1.0), Double.NaN, Double.NaN, 25, StepReport.Observed.NONE, List.of());
    }

    private static Validated scores(long step) {
        return new Validated(step, Map.of("tales", new Scores(10, 30, 5, 20, 8, 1, 1)), true, true);
    }

    private String written() throws IOException {
        card.write(directory.resolve("run"));
        return Files.readString(directory.resolve("run/README.md"));
    }

    @Test
    void aGlobalBatchCountsWhenItIsWhole() throws IOException {
        card.accept(report(4, Outcome.ACCUMULATED));
        assertThat(written()).contains("4 steps on 400 tokens");
        card.accept(report(5, Outcome.STEPPED));
        assertThat(written())
                .contains("# run\n", "5 steps on 450 tokens", "`tales.txt`", "forward-kl", "distillation")
                .containsPattern("layers +\\| +4 \\| +2 \\|")
                .doesNotContain(directory.toString());
    }

    @Test
    void scoresOfTheSameStepStandInTheFront() throws IOException {
        Files.createDirectories(directory.resolve("run"));
        try (MetricsLog metrics = new MetricsLog(directory.resolve("run/metrics.jsonl"), 0)) {
            metrics.write(scores(4));
        }
        assertThat(written()).contains("model-index", "scored after step 4:", "3.0000", "0.5000", "80.0");
        card.accept(report(5, Outcome.STEPPED));
        assertThat(written()).contains("scored after step 4:").doesNotContain("model-index");
    }

    @Test
    void aVersionTellsTheScoresThatLetItPass() throws IOException {
        Path version = directory.resolve("run/versions/v000001");
        card.write(version, 777, scores(9));
        assertThat(Files.readString(version.resolve("README.md")))
                .contains("# run v000001\n", "9 steps on 777 tokens", "scored after step 9:", "model-index");
    }

    @Test
    void anotherTeacherIsToldFromThenOn() throws IOException {
        card.taughtBy(model("other", 6));
        assertThat(written()).containsPattern("layers +\\| +6 \\| +2 \\|");
    }
}
