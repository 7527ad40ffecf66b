package io.espalier.actors.card;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A card takes the place of an earlier one, and never of what a person has written. */
@Timeout(60)
class CardFileTest {
    private static final String CONFIG = """
        {"model_type":"qwen3","vocab_size":50,"hidden_size":16,"intermediate_size":24,"num_hidden_layers":2,
         "num_attention_heads":4,"num_key_value_heads":2,"head_dim":8,"torch_dtype":"float32",
         "rms_norm_eps":1e-6,"rope_theta":10000}\
        """;

    @TempDir
    Path directory;

    private Path card;
    private CardFacts facts;

    @BeforeEach
    void makeFacts() throws IOException {
        card = directory.resolve("run").resolve(CardFile.NAME);
        ModelConfig config = ModelConfig.of((ObjectNode) LaxJson.mapper().readTree(CONFIG));
        facts = CardFacts.ofTrained(config, null, Map.of(), List.of());
    }

    private void put(long step) {
        CardFile.put(card.getParent(), facts.with("run", TrainingFacts.NONE.at(step, 10 * step)));
    }

    @Test
    void aLaterCardTakesThePlaceOfAnEarlierOne() throws IOException {
        put(3);
        assertThat(Files.readString(card)).contains("3 steps on 30 tokens");
        put(8);
        assertThat(Files.readString(card)).contains("8 steps on 80 tokens").doesNotContain("3 steps on 30");
    }

    @Test
    void theSameFactsGiveTheSameBytes() throws IOException {
        put(3);
        byte[] first = Files.readAllBytes(card);
        Files.delete(card);
        put(3);
        assertThat(card).hasBinaryContent(first);
    }

    @Test
    void aPersonsFileStays() throws IOException {
        Files.createDirectories(card.getParent());
        Files.writeString(card, "# Mine\n");
        put(3);
        assertThat(card).hasContent("# Mine\n");
    }

    @Test
    void aCardThatAPersonHasChangedStays() throws IOException {
        for (String change : List.of("> A line above.\n%s", "%sA line below.\n")) {
            Files.deleteIfExists(card);
            put(3);
            String changed = change.formatted(Files.readString(card));
            Files.writeString(card, changed);
            put(8);
            assertThat(Files.readString(card)).isEqualTo(changed);
        }
    }

    @Test
    void neitherALinkNorADirectoryIsReplaced() throws IOException {
        put(3);
        Path elsewhere = directory.resolve("elsewhere.md");
        Files.move(card, elsewhere);
        String before = Files.readString(elsewhere);
        Files.createSymbolicLink(card, elsewhere);
        put(8);
        assertThat(card).isSymbolicLink();
        assertThat(Files.readString(elsewhere)).isEqualTo(before);
        Files.delete(card);
        Files.createDirectory(card);
        put(8);
        assertThat(card).isEmptyDirectory();
    }

    @Test
    void bytesThatAreNoTextStay() throws IOException {
        Files.createDirectories(card.getParent());
        byte[] bytes = {(byte) 0xff, (byte) 0xfe, 0, 1};
        Files.write(card, bytes);
        put(3);
        assertThat(card).hasBinaryContent(bytes);
    }
}
