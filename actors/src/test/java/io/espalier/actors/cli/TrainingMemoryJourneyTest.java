package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether a pair can be distilled on a device is told from two files of a page each. */
@Tag("golden")
@Timeout(60)
@Tag("full")
class TrainingMemoryJourneyTest {
    private static final double GIB = 1L << 30;

    private static Path configs() {
        return Shared.require("golden/configs");
    }

    private static CommandLineRun plan(String... more) {
        List<String> all =
                new ArrayList<>(List.of("plan", "--training-memory", "--dtype", "bf16", "--json", "--model"));
        all.add(configs().resolve("qwen3-8b.json").toString());
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    private static JsonNode json(CommandLineRun run) throws IOException {
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    private static double gib(JsonNode json, String part, String field) {
        for (JsonNode node : json.get("parts")) {
            if (node.get("part").asText().startsWith(part)) {
                return node.get(field).asLong() / GIB;
            }
        }
        throw new AssertionError("no part " + part);
    }

    @Test
    void theFirstShapeWithinABudgetIsTheStudent() throws IOException {
        JsonNode json = json(plan("--target-params", "6e9", "--batch", "1", "--seq-length", "4096"));
        long parameters = json.get("student_parameters").asLong();
        assertThat(parameters).isBetween(5_500_000_000L, 6_000_000_000L);
        assertThat(json.get("teacher_parameters").asLong()).isEqualTo(8_190_735_360L);
        assertThat(gib(json, "student weights, f32", "bytes")).isEqualTo(4 * parameters / GIB);
        assertThat(gib(json, "AdamW", "bytes")).isBetween(8 * parameters / GIB, 8 * parameters / GIB + 1e-5);
        assertThat(gib(json, "teacher weights", "bytes")).isBetween(15.25, 15.26);
        assertThat(gib(json, "student activations", "bytes_recompute"))
                .isLessThan(gib(json, "student activations", "bytes") / 5);
        double peak = json.get("peak_bytes").asLong() / GIB;
        double again = json.get("peak_bytes_recompute").asLong() / GIB;
        assertThat(again).isBetween(16 * parameters / GIB + 15.25, peak - 10);
    }

    @Test
    void aStudentOfAnotherWidthTakesProjectionsToo() throws IOException {
        String small = configs().resolve("qwen3-4b.json").toString();
        JsonNode json = json(plan("--student", small));
        assertThat(json.get("student_parameters").asLong()).isEqualTo(4_022_468_096L);
        assertThat(gib(json, "projections", "bytes")).isZero();
        JsonNode states = json(plan("--student", small, "--hidden-loss", "cosine"));
        assertThat(gib(states, "projections", "bytes")).isEqualTo(36 * 16 * (2560.0 * 4096 + 4096) / GIB);
        assertThat(gib(states, "teacher's signals", "bytes")).isGreaterThan(gib(json, "teacher's signals", "bytes"));
    }

    @Test
    void whatIsMissingIsSaid() {
        CommandLineRun without = plan();
        assertThat(without.exitCode()).isEqualTo(2);
        assertThat(without.err()).contains("--training-memory needs --student or a budget");
        CommandLineRun stray = CommandLineRun.of(
                "plan",
                "--model",
                configs().resolve("qwen3-8b.json").toString(),
                "--student",
                "x",
                "--target-params",
                "6e9");
        assertThat(stray.exitCode()).isEqualTo(2);
        assertThat(stray.err()).contains("--student: is for --training-memory");
        CommandLineRun nothing = plan("--target-params", "6e9", "--batch", "0");
        assertThat(nothing.exitCode()).isEqualTo(2);
    }
}
