package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.actors.cli.CommandLineRun;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.distill.FeatureLoss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pruned student learns the layers and channels it has kept; one of another width learns through projections. */
@Timeout(120)
class FeatureLossTest {
    @TempDir
    static Path directory;

    private static TinyWorld world;
    private static Path pruned;
    /** The pruned student without the plan that says what it was cut from. */
    private static Path stranger;

    @BeforeAll
    static void build() throws IOException {
        world = TinyWorld.create(directory);
        pruned = directory.resolve("pruned");
        stranger = directory.resolve("stranger");
        for (Path out : List.of(pruned, stranger)) {
            CommandLineRun run = CommandLineRun.of(
                    "prune",
                    "--model",
                    world.teacher().toString(),
                    "--layers",
                    "1",
                    "--hidden",
                    "24",
                    "--calibration",
                    world.text().getFirst().toString(),
                    "--samples",
                    "8",
                    "--seq-length",
                    "32",
                    "--out",
                    out.toString());
            assertThat(run.exitCode()).as(run.err()).isZero();
        }
        Files.delete(stranger.resolve("plan.json"));
    }

    private static FeatureLoss map(Path student) {
        return FeatureMap.of(new Features(FeatureLoss.Kind.MSE, 1, false, List.of()), student, world.teacher());
    }

    @Test
    void thePlanSaysWhichLayersAndChannelsAreCompared() {
        FeatureLoss known = map(pruned);
        assertThat(known.channels()).hasSize(24);
        assertThat(known.projections()).isEmpty();
        FeatureLoss unknown = map(stranger);
        assertThat(unknown.channels()).isEmpty();
        assertThat(unknown.projections()).hasSize(1);
        assertThat(unknown.pairs().getFirst().teacher().layer()).isEqualTo(1);
    }

    private static CommandLineRun distill(Path student, Path out, String... more) {
        List<String> all =
                new ArrayList<>(List.of("distill", "--teacher", world.teacher().toString(), "--data"));
        world.text().forEach(file -> all.add(file.toString()));
        all.addAll(List.of("--student", student.toString(), "--batch", "2", "--seq-length", "32", "--threads", "1"));
        all.addAll(List.of("--decay", "constant", "--warmup", "0", "--log-every", "1", "--checkpoint-every", "2"));
        all.addAll(List.of("--out", out.toString()));
        all.addAll(List.of(more));
        CommandLineRun run = CommandLineRun.of(all.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run;
    }

    private static List<Double> hidden(Path out) throws IOException {
        List<Double> values = new ArrayList<>();
        for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
            JsonNode json = new ObjectMapper().readTree(line);
            values.add(json.at("/losses/hidden").asDouble());
        }
        return values;
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    @Test
    void hiddenStatesComeNearerToTheTeachers() throws IOException {
        for (String kind : List.of("normalised-mse", "cosine", "attention-relation")) {
            Path out = directory.resolve(kind);
            distill(
                    pruned,
                    out,
                    "--steps",
                    "40",
                    "--hidden-loss",
                    kind,
                    "--hidden-weight",
                    "20",
                    "--learning-rate",
                    "3e-3");
            List<Double> values = hidden(out);
            assertThat(mean(values.subList(35, 40))).as(kind).isPositive().isLessThan(0.9 * mean(values.subList(0, 5)));
        }
        Path balanced = directory.resolve("balanced");
        distill(pruned, balanced, "--steps", "2", "--hidden-loss", "mse", "--hidden-balance", "--hidden-layers", "0");
        JsonNode first = new ObjectMapper()
                .readTree(Files.readAllLines(balanced.resolve("metrics.jsonl")).getFirst());
        assertThat(first.at("/losses/hidden").asDouble()
                        / first.at("/losses/forward-kl").asDouble())
                .isBetween(0.999, 1.001);
    }

    /** Kept channels are those of the residual stream: attention outputs are stored whole. */
    @Test
    void attentionRelationsOfANarrowerStudentAreTheSameFromACache() {
        String[] options = {"--steps", "3", "--hidden-loss", "attention-relation"};
        Path cache = directory.resolve("cache");
        Path without = directory.resolve("uncached");
        distill(pruned, without, options);
        for (String name : List.of("filling", "reading")) {
            Path out = directory.resolve(name);
            List<String> cached = new ArrayList<>(List.of(options));
            cached.addAll(List.of("--teacher-cache", cache.toString()));
            distill(pruned, out, cached.toArray(String[]::new));
            assertThat(Sha256.ofFile(out.resolve("model.safetensors")))
                    .as(name)
                    .isEqualTo(Sha256.ofFile(without.resolve("model.safetensors")));
        }
    }

    @Test
    void projectionsAreTakenUpAgainAndNeverExported() {
        Path whole = directory.resolve("whole");
        Path parts = directory.resolve("parts");
        distill(stranger, whole, "--steps", "6", "--hidden-loss", "normalised-mse");
        distill(stranger, parts, "--steps", "2", "--hidden-loss", "normalised-mse");
        distill(stranger, parts, "--steps", "6", "--hidden-loss", "normalised-mse", "--resume", "--override", "steps");
        assertThat(Sha256.ofFile(parts.resolve("model.safetensors")))
                .isEqualTo(Sha256.ofFile(whole.resolve("model.safetensors")));
        try (ModelDirectory student = ModelDirectory.open(whole)) {
            assertThat(student.config().hiddenSize()).isEqualTo(24);
            assertThat(Sha256.ofFile(whole.resolve("checkpoints/step-000000006/weights.safetensors")))
                    .isNotBlank();
        }
    }
}
