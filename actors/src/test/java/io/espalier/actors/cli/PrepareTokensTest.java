package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Text becomes a file of ids as a user asks for it, or nothing is left behind. */
@Tag("golden")
@Timeout(120)
class PrepareTokensTest {
    @TempDir
    Path directory;

    private Path tokenizer;

    @BeforeEach
    void find() {
        tokenizer = Shared.require("models/tokenizer");
    }

    private CommandLineRun prepare(String lines, String... more) throws IOException {
        Path text = Files.writeString(directory.resolve("text.jsonl"), lines);
        return CommandLineRun.of(Stream.concat(
                        Stream.of(
                                "prepare",
                                "tokens",
                                "--tokenizer",
                                tokenizer.toString(),
                                "--data",
                                text.toString(),
                                "--out",
                                directory.resolve("out").toString(),
                                "--json"),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private Stream<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList().stream();
        }
    }

    @Test
    void writesBothFilesAndCountsWhatItLeftOut() throws IOException {
        CommandLineRun run = prepare("{\"text\":\"one two\"}\n{\"text\":\"\"}\n{\"text\":\"three\"}\n");
        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode json = new ObjectMapper().readTree(run.out());
        assertThat(json.get("documents").asInt()).isEqualTo(2);
        assertThat(json.get("empty_documents").asInt()).isEqualTo(1);
        assertThat(json.get("bytes_per_token").asInt()).isEqualTo(2);
        assertThat(Files.size(directory.resolve("out.bin")))
                .isEqualTo(2 * json.get("tokens").asLong());
        assertThat(files()).containsExactlyInAnyOrder("text.jsonl", "out.bin", "out.idx");
    }

    @Test
    void damageLeavesNothing() throws IOException {
        CommandLineRun run = prepare("{\"text\":\"one two\"}\n{\"text\":");
        assertThat(run.exitCode()).isEqualTo(5);
        assertThat(run.err()).contains("text.jsonl:2: line is no JSON");
        assertThat(files()).containsExactly("text.jsonl");
        assertThat(prepare("{\"text\":\"\"}\n").err()).contains("must hold at least a token");
        assertThat(prepare("{\"text\":\"a\"}\n", "--max-tokens", "0").exitCode())
                .isEqualTo(2);
        assertThat(files()).containsExactly("text.jsonl");
    }
}
