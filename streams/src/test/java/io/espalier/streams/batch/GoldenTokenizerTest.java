package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Encodings are those of the original tokenizer, special tokens in text included. */
@Tag("golden")
@Timeout(60)
class GoldenTokenizerTest {
    @Test
    void everyEncodingAgrees() throws IOException {
        Path folder = Shared.require("golden/tokenizer");
        JsonNode expected =
                new ObjectMapper().readTree(folder.resolve("encodings.json").toFile());
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            int cases = 0;
            for (JsonNode encoding : expected.get("cases")) {
                String text = encoding.get("text").asText();
                assertThat(tokenizer.encode(text)).as(text).containsExactly(ints(encoding.get("ids")));
                assertThat(tokenizer.decode(ints(encoding.get("ids"))))
                        .isEqualTo(encoding.get("decoded").asText());
                cases++;
            }
            System.out.println("golden: " + cases + " encodings in " + folder);
            assertThat(cases).isPositive();
        }
    }

    @Test
    void longTextIsNotCut() {
        try (Tokenizer tokenizer = Tokenizer.open(Shared.require("golden/tokenizer"))) {
            assertThat(tokenizer.encode("word ".repeat(50_000)).length).isGreaterThan(50_000);
        }
    }

    private static int[] ints(JsonNode array) {
        int[] ints = new int[array.size()];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = array.get(i).asInt();
        }
        return ints;
    }
}
