package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.actors.cli.CommandLineRun;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.gpu.checkpoint.Sha256;
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

/** A user of the teacher's cache sees the same model, counts of saved work, and one line for each fault. */
@Timeout(120)
class TeacherCacheTest {
    @TempDir
    static Path directory;

    private static TinyWorld world;

    @BeforeAll
    static void build() {
        world = TinyWorld.create(directory);
    }

    private static CommandLineRun distill(Path out, String... more) {
        List<String> all = new ArrayList<>(List.of("distill", "--json", "--data"));
        world.text().forEach(file -> all.add(file.toString()));
        all.addAll(List.of("--teacher", world.teacher().toString()));
        all.addAll(List.of("--student", world.student().toString()));
        all.addAll(List.of("--batch", "2", "--seq-length", "32", "--steps", "6", "--threads", "1"));
        all.addAll(List.of("--checkpoint-every", "0", "--log-every", "2", "--out", out.toString()));
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    private static JsonNode result(CommandLineRun run) throws IOException {
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }

    private static String weights(Path model) {
        return Sha256.ofFile(model.resolve("model.safetensors"));
    }

    @Test
    void runsWithACacheGiveTheSameModelAndSayWhatTheySaved() throws IOException {
        for (String dtype : List.of("f32", "bf16")) {
            String cache = directory.resolve("cache-" + dtype).toString();
            Path plain = directory.resolve("plain-" + dtype);
            assertThat(result(distill(plain, "--dtype", dtype)).has("teacher_cache"))
                    .isFalse();
            Path writes = directory.resolve("writes-" + dtype);
            JsonNode first = result(distill(writes, "--dtype", dtype, "--teacher-cache", cache));
            Path reads = directory.resolve("reads-" + dtype);
            JsonNode second = result(distill(reads, "--dtype", dtype, "--teacher-cache", cache));
            assertThat(List.of(weights(writes), weights(reads))).containsOnly(weights(plain));
            assertThat(first.at("/teacher_cache/hits").asLong()).isZero();
            assertThat(first.at("/teacher_cache/misses").asLong()).isEqualTo(6);
            assertThat(second.at("/teacher_cache/hits").asLong()).isEqualTo(6);
            assertThat(second.at("/teacher_cache/misses").asLong()).isZero();
            JsonNode last = new ObjectMapper()
                    .readTree(Files.readAllLines(reads.resolve("metrics.jsonl")).getLast());
            assertThat(last.at("/teacher_cache/hits").asLong()).isEqualTo(6);
            assertThat(last.at("/teacher_cache/bytes").asLong()).isPositive();
        }
    }

    @Test
    void furtherEpochsOfTheSameBatchesAskNoTeacherNorDoValidationsAfterTheFirst() throws IOException {
        Path text = directory.resolve("little.jsonl");
        Files.write(text, Files.readAllLines(world.text().getFirst()).subList(0, 4));
        List<String> options = List.of(
                "--data",
                text.toString(),
                "--same-epochs",
                "--validation",
                world.heldOut().toString(),
                "--validate-every",
                "20",
                "--validate-samples",
                "4");
        List<String> cached = new ArrayList<>(options);
        cached.addAll(List.of("--teacher-cache", directory.resolve("epochs").toString()));
        JsonNode counts =
                result(only(directory.resolve("epochs-out"), "60", cached)).get("teacher_cache");
        result(only(directory.resolve("epochs-plain"), "60", options));
        assertThat(weights(directory.resolve("epochs-out"))).isEqualTo(weights(directory.resolve("epochs-plain")));
        assertThat(counts.get("hits").asLong())
                .isGreaterThan(counts.get("misses").asLong());
        assertThat(counts.get("hits").asLong() + counts.get("misses").asLong())
                .as("60 steps, and 2 batches of held-out text after each twentieth")
                .isEqualTo(60 + 2 * 3);
    }

    private static CommandLineRun only(Path out, String steps, List<String> options) {
        List<String> all = new ArrayList<>(List.of("distill", "--json", "--teacher"));
        all.addAll(
                List.of(world.teacher().toString(), "--student", world.student().toString()));
        all.addAll(List.of("--batch", "2", "--seq-length", "32", "--steps", steps, "--threads", "1"));
        all.addAll(List.of("--checkpoint-every", "0", "--out", out.toString()));
        all.addAll(options);
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    @Test
    void aDamagedEntryIsSaidAndTheModelIsTheSame() throws IOException {
        Path cache = directory.resolve("damaged");
        Path before = directory.resolve("before-damage");
        result(distill(before, "--teacher-cache", cache.toString()));
        try (Stream<Path> tree = Files.walk(cache)) {
            Path entry = tree.filter(path -> path.toString().endsWith(".state"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
            Files.write(entry, new byte[100]);
        }
        Path after = directory.resolve("after-damage");
        CommandLineRun run = distill(after, "--teacher-cache", cache.toString());
        assertThat(result(run).at("/teacher_cache/damaged").asLong()).isEqualTo(1);
        assertThat(run.err().lines().filter(line -> line.contains("teacher cache: ")))
                .singleElement()
                .asString()
                .contains("100 bytes, not ")
                .contains("removed, to be computed again");
        assertThat(weights(after)).isEqualTo(weights(before));
    }

    @Test
    void aDirectoryOfOthersAndALimitOfNothingAreRefused() {
        CommandLineRun other = distill(
                directory.resolve("x"), "--teacher-cache", world.teacher().toString());
        assertThat(other.exitCode()).isEqualTo(4);
        assertThat(other.err().lines()).singleElement().asString().contains("no espalier-cache.json");
        CommandLineRun nothing = distill(
                directory.resolve("x"),
                "--teacher-cache",
                directory.resolve("y").toString(),
                "--teacher-cache-gib",
                "0");
        assertThat(nothing.exitCode()).isEqualTo(2);
        assertThat(nothing.err()).contains("--teacher-cache-gib 0.0: must be above 0");
        assertThat(directory.resolve("x")).doesNotExist();
        assertThat(directory.resolve("y")).doesNotExist();
    }
}
