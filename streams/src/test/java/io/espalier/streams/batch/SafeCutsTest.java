package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.streams.source.Blend;
import io.espalier.streams.source.BlendPosition;
import io.espalier.streams.source.BlendWeights;
import io.espalier.streams.source.Document;
import io.espalier.streams.source.DocumentReader;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextCut;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A long text has the ids that it has in one piece, whatever kind of tokenizer reads it, and is never held as a whole. */
@Timeout(120)
class SafeCutsTest {
    private static final ReadSettings READING = new ReadSettings("text", 1 << 20);
    private static final String[] PARTS = {
        "the", "model", "It's", "don't", "12345", "2024", "Größe", "naïve", "e\u0301te\u0301", "привет", "世界", "日本語の",
        "x=1;", "(a, b)", "end.", "--", "🙂", "“quoted”", "A", "I", "\u00a0", "#", "\u0130stanbul", "ﬁne"
    };
    private static final String[] BLANKS = {" ", " ", " ", " ", "  ", "\n", "\n\n", "\r\n", "\t", "   ", " \n ", ""};

    @TempDir
    Path directory;

    private static Tokenizer open(String kind) {
        return Tokenizer.open(Path.of("src/test/resources/tokenizers").resolve(kind));
    }

    private static String text(long seed, int length) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append(PARTS[random.nextInt(PARTS.length)]).append(BLANKS[random.nextInt(BLANKS.length)]);
        }
        return text.toString();
    }

    private TextFile file(String text) throws IOException {
        return TextFile.of(Files.writeString(directory.resolve("long.txt"), text));
    }

    private static int[] ids(DocumentReader reader, Tokenizer tokenizer) {
        IntStream.Builder ids = IntStream.builder();
        try (reader) {
            DocumentEncoder encoder = new DocumentEncoder(tokenizer, tokenizer.vocabSize());
            for (Document next = reader.next(); next != null; next = reader.next()) {
                Arrays.stream(encoder.encode(next).ids()).forEach(ids::add);
            }
        }
        return ids.build().toArray();
    }

    private static int[] closed(int[] ids, Tokenizer tokenizer) {
        int[] closed = Arrays.copyOf(ids, ids.length + 1);
        closed[ids.length] = tokenizer.endOfText();
        return closed;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gpt2-prefixed",
                "qwen-split",
                "metaspace-bpe",
                "llama2-like",
                "unigram-metaspace",
                "wordpiece-bert"
            })
    void piecesHaveTheIdsOfTheWhole(String kind) throws IOException {
        for (long seed = 1; seed <= 3; seed++) {
            String text = text(seed, 4 * TextCut.PIECE + 77);
            try (Tokenizer tokenizer = open(kind)) {
                int[] whole = tokenizer.encodePiece(text, false);
                assertThat(tokenizer.encode(text)).as("seed " + seed).isEqualTo(whole);
                assertThat(ids(file(text).open(READING), tokenizer))
                        .as("seed " + seed)
                        .isEqualTo(closed(whole, tokenizer));
            }
        }
    }

    @Test
    void textWithoutSpacesIsCutAtLinesWhereNothingIsPutFirst() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; lines.length() < 3 * TextCut.PIECE; i++) {
            lines.append("世界")
                    .append(i % 7 == 0 ? "。" : "")
                    .append("日本語の".repeat(i % 40))
                    .append('\n');
        }
        String text = lines.toString();
        try (Tokenizer tokenizer = open("qwen-split")) {
            assertThat(ids(file(text).open(READING), tokenizer))
                    .isEqualTo(closed(tokenizer.encodePiece(text, false), tokenizer));
        }
        try (Tokenizer tokenizer = open("llama2-like")) {
            TextFile file = file(text);
            assertThatThrownBy(() -> ids(file.open(READING), tokenizer))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("no text can be cut");
        }
    }

    @Test
    void aTokenizerWhoseTokensReachOverSpacesIsNotTrustedWithPieces() throws IOException {
        try (Tokenizer tokenizer = open("over-spaces")) {
            TextFile file = file(text(5, 3 * TextCut.PIECE));
            assertThatThrownBy(() -> ids(file.open(READING), tokenizer))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("tokenizer.json")
                    .hasMessageContaining("reach over words");
        }
    }

    @Test
    void piecesOfADocumentStayTogetherInABlendAlsoAfterAnyOfThem() throws IOException {
        TextFile large = file(text(6, 5 * TextCut.PIECE));
        List<TextFile> files = new ArrayList<>(List.of(large));
        for (int i = 0; i < 4; i++) {
            files.add(TextFile.of(Files.writeString(directory.resolve("small" + i + ".txt"), text(10 + i, 200))));
        }
        List<Document> all = new ArrayList<>();
        List<BlendPosition> positions = new ArrayList<>();
        try (Blend blend = new Blend(files, BlendWeights.BY_SIZE, READING, 3, BlendPosition.start(5))) {
            for (Document next = blend.next(); next != null; next = blend.next()) {
                all.add(next);
                positions.add(blend.position());
            }
        }
        assertThat(all).hasSizeGreaterThan(8);
        for (int i = 1; i < all.size(); i++) {
            assertThat(all.get(i).continues()).isEqualTo(!all.get(i - 1).ends());
        }
        for (int i = 0; i < all.size(); i++) {
            try (Blend again = new Blend(files, BlendWeights.BY_SIZE, READING, 3, positions.get(i))) {
                List<Document> rest = new ArrayList<>();
                for (Document next = again.next(); next != null; next = again.next()) {
                    rest.add(next);
                }
                assertThat(rest).as("after " + i).isEqualTo(all.subList(i + 1, all.size()));
            }
        }
    }
}
