package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands in the order that a model engineer uses them, on the shared teacher and text. */
@Tag("golden")
@Timeout(900)
@Tag("full")
class JourneyTest {
    private static final int DOCUMENTS = 12;

    @TempDir
    Path out;

    private Path teacher;
    private Path data;

    @BeforeEach
    void find() {
        teacher = Shared.require("models/teacher-7m");
        data = Shared.require("data");
    }

    private static JsonNode json(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--json");
        CommandLineRun run = CommandLineRun.of(all.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines()).as("one JSON object and nothing else").hasSize(1);
        return new ObjectMapper().readTree(run.out());
    }

    private String at(String name) {
        return out.resolve(name).toString();
    }

    @Test
    void evalAgreesWithThePublishedQuality() throws IOException {
        JsonNode quality =
                new ObjectMapper().readTree(teacher.resolve("quality.json").toFile());
        JsonNode score = json(
                "eval",
                "--model",
                teacher.toString(),
                "--data",
                data.resolve("tech-heldout.jsonl.gz").toString(),
                "--seq-length",
                "256");
        JsonNode expected = quality.at("/heldout/tech");
        assertThat(score.get("tokens").asLong())
                .isEqualTo(expected.get("tokens").asLong());
        assertThat(score.get("loss").asDouble()).isCloseTo(expected.get("ce").asDouble(), within(1e-4));
    }

    /** Some documents of the held-out text, so that the models are scored in seconds. */
    private Path someDocuments() throws IOException {
        InputStream packed = Files.newInputStream(data.resolve("tech-heldout.jsonl.gz"));
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(packed), StandardCharsets.UTF_8))) {
            return Files.write(
                    out.resolve("text.jsonl"), lines.lines().limit(DOCUMENTS).toList());
        }
    }

    @Test
    void fromTeacherToExportedStudent() throws IOException {
        String text = someDocuments().toString();
        JsonNode before = json("inspect", "--model", teacher.toString());
        assertThat(before.get("parameters").asLong()).isEqualTo(8_393_472);
        JsonNode pruned = json(
                "prune",
                "--model",
                teacher.toString(),
                "--layers",
                "6",
                "--ffn",
                "576",
                "--calibration",
                text,
                "--samples",
                "8",
                "--out",
                at("pruned"));
        assertThat(pruned.get("parameters_before").asLong()).isEqualTo(8_393_472);
        assertThat(pruned.get("parameters_after").asLong())
                .isEqualTo(json("inspect", "--model", at("pruned"))
                        .get("parameters")
                        .asLong());
        assertThat(pruned.at("/plan/layers")).hasSize(6);
        JsonNode distilled = json(
                "distill",
                "--teacher",
                teacher.toString(),
                "--student",
                at("pruned"),
                "--data",
                text,
                "--steps",
                "3",
                "--batch",
                "2",
                "--global-batch",
                "4",
                "--seq-length",
                "128",
                "--log-every",
                "1",
                "--out",
                at("student"));
        assertThat(distilled.get("steps").asLong()).isEqualTo(3);
        // The first token of a document is no target.
        assertThat(distilled.get("tokens").asLong()).isBetween(3L * 4 * 120, 3L * 4 * 128);
        assertThat(distilled.get("loss").asDouble()).isPositive();
        assertThat(Files.readAllLines(out.resolve("student/metrics.jsonl"))).hasSize(3);
        assertThat(out.resolve("pruned/README.md")).content().contains("# pruned\n", "8 rows of text");
        assertThat(out.resolve("student/README.md"))
                .content()
                .contains("# student\n", "## Pruning", "8 rows of text", "`text.jsonl`")
                .contains(String.format(
                        Locale.ROOT,
                        "3 steps on %,d tokens",
                        distilled.get("tokens").asLong()));
        JsonNode trained = json(
                "train",
                "--model",
                at("pruned"),
                "--data",
                text,
                "--steps",
                "2",
                "--batch",
                "2",
                "--seq-length",
                "128",
                "--dtype",
                "bf16",
                "--out",
                at("trained"));
        assertThat(trained.get("out").asText()).isEqualTo(at("trained"));
        JsonNode score = json(
                "eval",
                "--model",
                at("student"),
                "--teacher",
                teacher.toString(),
                "--data",
                text,
                "--seq-length",
                "128");
        assertThat(score.get("kl").asDouble()).isBetween(0.01, 2.0);
        assertThat(score.get("top1_agreement").asDouble()).isBetween(0.3, 1.0);
        assertThat(score.get("teacher_loss").asDouble())
                .isLessThan(score.get("loss").asDouble());
        JsonNode written = json("generate", "--model", at("student"), "--prompt", "The", "--max-tokens", "5");
        assertThat(written.get("tokens").asInt()).isBetween(1, 5);
        json("export", "--model", at("student"), "--format", "hf", "--out", at("release"));
        assertThat(out.resolve("release/README.md")).hasSameTextualContentAs(out.resolve("student/README.md"));
        json("export", "--model", at("student"), "--format", "gguf", "--out", at("student.gguf"));
        assertThat(Files.size(out.resolve("student.gguf")))
                .isGreaterThan(score.get("tokens").asLong());
        JsonNode bench = json(
                "bench",
                "decode",
                "--model",
                at("student"),
                "--new-tokens",
                "2",
                "--prompt-length",
                "8",
                "--repeats",
                "1");
        assertThat(bench.at("/decode")).hasSize(2);
        try (Stream<Path> left = Files.list(out)) {
            assertThat(left.map(p -> p.getFileName().toString())).noneMatch(name -> name.startsWith("."));
        }
    }

    @Test
    void badInputIsOneLineItsExitCodeAndNoOutput() throws IOException {
        Path bad = Files.writeString(out.resolve("bad.jsonl"), "{\"text\": \"fine\"}\nnot json\n");
        CommandLineRun run = CommandLineRun.of(
                "distill",
                "--teacher",
                teacher.toString(),
                "--student",
                teacher.toString(),
                "--data",
                bad.toString(),
                "--steps",
                "1",
                "--out",
                at("student"));
        assertThat(run.exitCode()).isEqualTo(5);
        assertThat(run.err().lines().filter(line -> line.startsWith("espalier: ")))
                .singleElement()
                .asString()
                .contains("bad.jsonl:2: line is no JSON");
        assertThat(out.resolve("student")).as("nothing was recorded yet").doesNotExist();
        CommandLineRun again = CommandLineRun.of(
                "prune", "--model", teacher.toString(), "--drop-layers", "1", "--out", out.toString());
        assertThat(again.exitCode()).isEqualTo(4);
    }
}
