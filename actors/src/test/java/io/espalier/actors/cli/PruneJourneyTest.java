package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.checkpoint.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pruning as its user does it, on the shared teacher: one calibration, then as many looks at it as it takes. */
@Tag("golden")
@Timeout(300)
@Tag("full")
class PruneJourneyTest {
    @TempDir
    Path out;

    private Path teacher;
    private Path text;
    private Path heldOut;

    @BeforeEach
    void find() {
        teacher = Shared.require("models/teacher-7m");
        text = Shared.require("data/tech.jsonl.gz");
        heldOut = Shared.require("data/tech-heldout.jsonl.gz");
    }

    private CommandLineRun prune(String name, String... more) {
        List<String> all = new ArrayList<>(
                List.of("prune", "--model", teacher.toString(), "--out", at(name), "--seq-length", "64", "--json"));
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    private static JsonNode ok(CommandLineRun run) throws IOException {
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    private String at(String name) {
        return out.resolve(name).toString();
    }

    private static String digest(Path model) {
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            return directory.digest();
        }
    }

    @Test
    void toABudgetByHalvingThenAgainFromItsPlan() throws IOException {
        String[] budget = {
            "--target-params",
            "7e6",
            "--hidden-divisor",
            "64",
            "--ffn-divisor",
            "128",
            "--top-k",
            "3",
            "--spread",
            "0.3",
            "--calibration",
            text.toString(),
            "--samples",
            "16",
            "--scores",
            at("teacher.scores"),
            "--heldout",
            heldOut.toString(),
            "--heldout-samples",
            "8",
            "--halving",
            "1",
            "--batch",
            "4",
            "--compensate",
            "gains,refit"
        };
        JsonNode found = ok(prune("six", budget));
        assertThat(found.at("/candidates")).hasSize(3);
        assertThat(found.at("/candidates/0/rounds")).as("3, then 2 candidates").hasSize(2);
        assertThat(found.at("/candidates/2/rounds")).hasSize(1);
        assertThat(found.at("/parameters_after").asLong())
                .isEqualTo(found.at("/candidates/0/parameters").asLong())
                .isLessThanOrEqualTo(7_000_000);
        assertThat(found.at("/zero_shot/kl").asDouble()).isBetween(0.0, 5.0);
        assertThat(found.at("/plan/compensation/refit").asText()).hasSize(64);
        Path six = out.resolve("six");
        assertThat(Files.readString(six.resolve("report.md")))
                .contains("# Pruning", "## Importance", "## Candidates", "pruning/depth.png", "candidates.png");
        for (String name : List.of("depth.png", "width.png", "candidates.png", "report.json", "scores.safetensors")) {
            assertThat(six.resolve("pruning").resolve(name)).isNotEmptyFile();
        }
        JsonNode again = ok(prune("again", "--plan", six.resolve("plan.json").toString()));
        assertThat(again.at("/parameters_after")).isEqualTo(found.at("/parameters_after"));
        assertThat(digest(out.resolve("again"))).isEqualTo(digest(six));
        JsonNode dry = ok(prune("dry", "--layers", "6", "--scores", at("teacher.scores"), "--dry-run"));
        assertThat(dry.at("/plan/layers")).hasSize(6);
        JsonNode planned = ok(CommandLineRun.of(
                "plan",
                "--model",
                teacher.toString(),
                "--target-params",
                "7e6",
                "--ffn-divisor",
                "128",
                "--scores",
                at("teacher.scores"),
                "--json"));
        assertThat(planned.at("/candidates/0/expected_damage").asDouble()).isBetween(0.0, 1.0);
        try (Stream<Path> left = Files.list(out)) {
            assertThat(left.map(p -> p.getFileName().toString()))
                    .containsExactlyInAnyOrder("six", "again", "teacher.scores");
        }
        assertThat(Files.getLastModifiedTime(out.resolve("teacher.scores")))
                .as("scores are written once")
                .isLessThan(Files.getLastModifiedTime(six.resolve("config.json")));
        CommandLineRun other = CommandLineRun.of(
                "prune", "--model", at("six"), "--layers", "2", "--scores", at("teacher.scores"), "--out", at("no"));
        assertThat(other.exitCode()).isEqualTo(5);
        assertThat(other.err().lines()).singleElement().asString().contains("teacher.scores: shape is");
    }

    @TestFactory
    Stream<DynamicTest> wrongTargetsAreOneLineAndExitCodeTwo() {
        return Stream.<List<String>>of(
                        List.of("--heads", "6", "must be a multiple of the 4 key-value heads"),
                        List.of("--layers", "9", "must be from 1 to the model's 8"),
                        List.of("--hidden", "0", "must be from 1 to the model's 256"),
                        List.of("--ffn", "769", "must be from 1 to the model's 768"),
                        List.of("--query-groups", "5", "must be from 1 to the model's 4"),
                        List.of("--drop-layers", "8", "must be from 0 to 7"),
                        List.of("--drop-layers", "1,1", "must not name a layer twice"),
                        List.of("--layers", "6", "--calibration: names the text"),
                        List.of("--layers", "6", "--target-params", "7e6", "exclude --layers"),
                        List.of("--layers", "6", "--plan", "plan.json", "excludes targets"),
                        List.of("--target-params", "7e6", "--heldout: names the text"),
                        List.of("--target-params", "7e6", "--spread", "1", "must be in [0, 1)"),
                        List.of("--target-latency", "-1", "must be above 0 milliseconds"),
                        List.of("--layers", "6", "--teacher-stages", "9", "must be from 1 to 8, the layers"),
                        List.of("--layers", "6", "--teacher-stages", "2", "needs --calibration"),
                        List.of("--plan", "plan.json", "--teacher-stages", "2", "--scores and --teacher-stages"),
                        List.of(
                                "--layers",
                                "6",
                                "--teacher-stages",
                                "2",
                                "--calibration",
                                text.toString(),
                                "--depth",
                                "contiguous",
                                "--depth contiguous: must be block-influence where the model is in stages"),
                        List.of("--layers", "6", "--compensate", "none,gains", "none and auto each stand alone"))
                .map(arguments -> DynamicTest.dynamicTest(String.join(" ", arguments), () -> {
                    List<String> options = arguments.subList(0, arguments.size() - 1);
                    CommandLineRun run = prune("no", options.toArray(String[]::new));
                    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
                    assertThat(run.err().lines()).singleElement().asString().contains(arguments.getLast());
                    assertThat(out.resolve("no")).doesNotExist();
                }));
    }

    @Test
    void multipleChoiceIsAskedOfTheTeacher() throws IOException {
        Path questions = Files.writeString(out.resolve("q.jsonl"), """
            {"question": "Rust is a", "choices": ["language", "city"], "answer": "A", "subject": "rust"}
            {"question": "PEP 8 is about", "choices": ["style", "tea", "law"], "answer": 0, "subject": "python"}
            """);
        JsonNode asked = ok(
                CommandLineRun.of("eval", "--model", teacher.toString(), "--choices", questions.toString(), "--json"));
        assertThat(asked.at("/questions").asInt()).isEqualTo(2);
        assertThat(asked.at("/subjects")).hasSize(2);
        assertThat(asked.at("/accuracy").asDouble())
                .isBetween(asked.at("/accuracy_low").asDouble(), 1.0);
    }
}
