package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import io.espalier.streams.source.Document;
import io.espalier.streams.source.DocumentReader;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file of conversations with a wound is refused, or each of its lines is read: none is lost, nothing else happens. */
@Tag("golden")
@Timeout(300)
class ConversationMutantsTest {
    private static final int MUTANTS = Integer.getInteger("espalier.mutants", 50);
    private static final String VALID = """
        {"messages":[{"role":"system","content":"s"},{"role":"user","content":"one é 😀?"},{"role":"assistant","content":"1"}]}
        {"conversations":[{"from":"human","value":"two?"},{"from":"gpt","value":"2"}],"tools":"[{\\"a\\": 1.5e3}]"}
        {"prompt":"three? ","completion":"3"}
        {"prompt":[{"role":"user","content":"4?"}],"completion":[{"role":"assistant","content":"4\\n"}]}
        {"input":"five","output":" 5","n":[1,2.5,null,true,{"x":{}}]}
        """;

    @TempDir
    Path directory;

    @Test
    void aMutantIsRefusedOrReadWhole() throws IOException {
        for (String name : new String[] {"tokenizer.json", "tokenizer_config.json"}) {
            Files.copy(Shared.require("models/tokenizer").resolve(name), directory.resolve(name));
        }
        int read = 0;
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            DocumentEncoder encoder = new DocumentEncoder(tokenizer, Integer.MAX_VALUE);
            for (int seed = 0; seed < MUTANTS; seed++) {
                byte[] mutant =
                        mutant(RandomGeneratorFactory.of("L64X128MixRandom").create(seed));
                Path file = Files.write(directory.resolve("m.jsonl"), mutant);
                try {
                    long documents = documents(file, encoder);
                    long full = Pattern.compile("\n")
                            .splitAsStream(new String(mutant, StandardCharsets.UTF_8))
                            .filter(line -> !line.isBlank())
                            .count();
                    assertThat(documents).as("seed %d", seed).isEqualTo(full);
                    read++;
                } catch (Refused e) {
                    assertThat(e.getMessage())
                            .as("seed %d", seed)
                            .contains("m.jsonl:")
                            .doesNotContain("(null)", "`", "\n");
                }
            }
        }
        assertThat(read).as("mutants that are valid").isBetween(1, MUTANTS - 1);
    }

    private static long documents(Path file, DocumentEncoder encoder) {
        long documents = 0;
        try (DocumentReader reader = TextFile.of(file).open(new ReadSettings("text", 1 << 20))) {
            for (Document document = reader.next(); document != null; document = reader.next()) {
                encoder.encode(document);
                documents++;
            }
        }
        return documents;
    }

    /** Changes, doubles, swaps in or leaves out one to three bytes or pieces of the text, or cuts off its end. */
    private static byte[] mutant(RandomGenerator random) {
        String text = VALID;
        for (int change = 1 + random.nextInt(3); change > 0; change--) {
            int from = random.nextInt(text.length());
            int to = Math.min(text.length(), from + 1 + random.nextInt(12));
            int other = random.nextInt(text.length());
            text = switch (random.nextInt(6)) {
                case 0 -> text.substring(0, from) + (char) (32 + random.nextInt(95)) + text.substring(from + 1);
                case 1 -> text.substring(0, to) + text.substring(from);
                case 2 -> text.substring(0, from) + text.substring(to);
                case 3 -> text.substring(0, from) + text.charAt(other) + text.substring(from + 1);
                case 4 -> text.substring(0, from) + (char) random.nextInt(0xD800) + text.substring(from);
                default -> text.substring(0, Math.max(1, from));
            };
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
