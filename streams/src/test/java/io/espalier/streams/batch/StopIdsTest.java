package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model's text ends at each id that its files list, and begins with what its tokenizer puts first. */
@Tag("golden")
@Timeout(60)
class StopIdsTest {
    @TempDir
    Path directory;

    private Tokenizer tokenizer;

    @BeforeEach
    void open() {
        tokenizer = Tokenizer.open(Shared.require("cases/formats/_base/qwen3"));
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    private void file(String name, String json) throws IOException {
        Files.writeString(directory.resolve(name), json);
    }

    @Test
    void allThatGenerationConfigListsAndTheTokenizersOwnEndText() throws IOException {
        int own = tokenizer.endOfText();
        assertThat(StopIds.read(directory, tokenizer).ids()).containsExactly(own);
        file("config.json", "{\"eos_token_id\": [7, 8]}");
        assertThat(StopIds.read(directory, tokenizer).ids()).contains(7, 8, own);
        file("generation_config.json", "{\"eos_token_id\": 9}");
        assertThat(StopIds.read(directory, tokenizer).ids()).contains(9, own).doesNotContain(7);
        file("generation_config.json", "{\"eos_token_id\": [9, 10, 11]}");
        assertThat(StopIds.read(directory, tokenizer).ids()).contains(9, 10, 11, own);
        file("generation_config.json", "{\"eos_token_id\": null}");
        assertThat(StopIds.read(directory, tokenizer).ids()).contains(7, 8);
    }

    @Test
    void whatIsNoIdIsRefused() throws IOException {
        for (String value : new String[] {"\"2\"", "[1, \"x\"]", "-1", "1.5", "{}"}) {
            file("generation_config.json", "{\"eos_token_id\": " + value + "}");
            assertThatThrownBy(() -> StopIds.read(directory, tokenizer))
                    .as(value)
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("generation_config.json: eos_token_id is ")
                    .hasMessageContaining("must be a token's id or a list of ids");
        }
    }

    @Test
    void textBeginsWhereItsTokenizerBeginsItUnlessItMustNot() {
        assertThat(tokenizer.encode("The lamp", Beginning.TOKENIZER)).isEqualTo(tokenizer.encode("The lamp"));
        try (Tokenizer begun = Tokenizer.open(Shared.require("cases/formats/gguf-never-adds-bos"))) {
            int[] plain = begun.encode("The");
            int[] with = begun.encode("The", Beginning.TOKENIZER);
            assertThat(with).as("transformers: encode('The') = [0, 273]").containsExactly(0, 273);
            assertThat(Arrays.copyOfRange(with, 1, 2)).isEqualTo(plain);
            assertThat(begun.encode("The", Beginning.NEVER)).isEqualTo(plain);
            assertThat(begun.encode("", Beginning.TOKENIZER)).containsExactly(0);
        }
    }
}
