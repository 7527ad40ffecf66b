package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.actors.cli.CommandLineRun;
import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run is scored on held-out text while it trains, by the numbers of {@code eval}, and the best student is kept. */
@Timeout(120)
class ValidationTest {
    @TempDir
    static Path directory;

    private static TinyWorld world;

    @BeforeAll
    static void build() {
        world = TinyWorld.create(directory);
    }

    private static CommandLineRun distill(Path out, String... more) {
        List<String> all =
                new ArrayList<>(List.of("distill", "--teacher", world.teacher().toString()));
        all.addAll(List.of("--student", world.student().toString(), "--data"));
        world.text().forEach(file -> all.add(file.toString()));
        all.addAll(List.of("--validation", world.heldOut().toString(), "--batch", "2", "--seq-length", "32"));
        all.addAll(List.of("--threads", "1", "--out", out.toString()));
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    private static List<JsonNode> validations(Path out) throws IOException {
        List<JsonNode> found = new ArrayList<>();
        for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
            JsonNode json = new ObjectMapper().readTree(line);
            if (json.has("validation")) {
                found.add(json);
            }
        }
        return found;
    }

    private static List<String> best(Path out) throws IOException {
        try (Stream<Path> files = Files.list(out)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("best-step-"))
                    .toList();
        }
    }

    @Test
    void scoresAreThoseOfEvalAndTheBestStudentIsKept() throws IOException {
        Path out = directory.resolve("watched");
        CommandLineRun run = distill(out, "--steps", "9", "--validate-every", "4", "--learning-rate", "1e-2");
        assertThat(run.exitCode()).as(run.err()).isZero();
        List<JsonNode> found = validations(out);
        assertThat(found).extracting(json -> json.at("/step").asInt()).containsExactly(4, 8, 9);
        JsonNode last = found.getLast();
        JsonNode eval = new ObjectMapper()
                .readTree(CommandLineRun.of(
                                "eval",
                                "--model",
                                out.toString(),
                                "--teacher",
                                world.teacher().toString(),
                                "--data",
                                world.heldOut().toString(),
                                "--batch",
                                "2",
                                "--seq-length",
                                "32",
                                "--document-attention",
                                "separate",
                                "--json")
                        .out());
        assertThat(last.at("/validation/all/tokens").asLong())
                .isEqualTo(eval.at("/tokens").asLong());
        assertThat(last.at("/validation/all/kl").asDouble())
                .isCloseTo(eval.at("/kl").asDouble(), within(1e-5));
        assertThat(last.at("/validation/all/loss").asDouble())
                .isCloseTo(eval.at("/loss").asDouble(), within(1e-5));
        long bestStep = found.stream()
                .filter(json -> json.at("/best").asBoolean())
                .mapToLong(json -> json.at("/step").asLong())
                .max()
                .orElseThrow();
        assertThat(best(out)).containsExactly("best-step-" + bestStep);
        assertThat(out.resolve("validation.png")).isNotEmptyFile();
        assertThat(out.resolve("README.md")).content().contains("was trained for 9 steps", "scored after step 9:");
        assertThat(out.resolve("best-step-" + bestStep + "/README.md"))
                .content()
                .contains(
                        "was trained for " + bestStep + " steps", "scored after step " + bestStep + ":", "model-index");
    }

    @Test
    void aRunThatDoesNotBecomeBetterStopsEarly() throws IOException {
        Path out = directory.resolve("stuck");
        CommandLineRun run =
                distill(out, "--steps", "40", "--validate-every", "1", "--patience", "3", "--learning-rate", "3");
        assertThat(run.exitCode()).as(run.err()).isZero();
        List<JsonNode> found = validations(out);
        assertThat(found).hasSizeLessThan(40);
        assertThat(found.subList(found.size() - 3, found.size()))
                .allMatch(json -> !json.at("/best").asBoolean());
        assertThat(out.resolve("config.json")).exists();
    }

    @Test
    void heldOutTextThatIsAlsoLearntFromIsRefused() {
        Path text = world.text().getFirst();
        CommandLineRun run = CommandLineRun.of(
                "train",
                "--model",
                world.student().toString(),
                "--data",
                text.toString(),
                "--validation",
                text.toString(),
                "--out",
                directory.resolve("no").toString());
        assertThat(run.exitCode()).isEqualTo(5);
        assertThat(run.err()).contains("held-out text is the same");
    }
}
