package io.espalier.actors.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.source.Document;
import io.espalier.streams.source.DocumentReader;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.Sequence;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart's world is the same for a seed, holds what it promises, and its tokenizer is a good one. */
@Timeout(60)
class CorpusTest {
    @TempDir
    Path directory;

    private List<String> texts(Path file) {
        List<String> texts = new ArrayList<>();
        try (DocumentReader reader =
                new Sequence(TextFile.find(List.of(file), List.of()), new ReadSettings("text", 1 << 20))) {
            for (Document next = reader.next(); next != null; next = reader.next()) {
                texts.add(((Document.Text) next).text());
            }
        }
        return texts;
    }

    @Test
    void theSameSeedWritesTheSameTextAndHeldOutTextIsOther() throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"));
        List<Corpus.Split> first = Corpus.write(directory, 60, 7);
        List<Corpus.Split> again = Corpus.write(other, 60, 7);
        assertThat(first).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(again.get(i).training())
                    .hasSameBinaryContentAs(first.get(i).training());
            HashSet<String> shared = new HashSet<>(texts(first.get(i).training()));
            shared.retainAll(texts(first.get(i).heldOut()));
            assertThat(shared).isEmpty();
        }
    }

    @Test
    void ledgersAddUp() {
        Pattern line = Pattern.compile("(\\d+) \\w+ at (\\d+) is (\\d+), total (\\d+)\\.");
        for (String ledger : texts(Corpus.write(directory, 50, 3).get(1).training())) {
            int total = 0;
            Matcher matcher = line.matcher(ledger);
            while (matcher.find()) {
                int product = Integer.parseInt(matcher.group(1)) * Integer.parseInt(matcher.group(2));
                total += product;
                assertThat(Integer.parseInt(matcher.group(3))).isEqualTo(product);
                assertThat(Integer.parseInt(matcher.group(4))).isEqualTo(total);
            }
            assertThat(ledger).endsWith("Paid " + total + " coins.");
        }
    }

    @Test
    void theTokenizerIsReversibleDeterministicAndShort() throws IOException {
        List<String> texts = texts(Corpus.write(directory, 200, 3).getFirst().training());
        BpeTrainer bpe = BpeTrainer.learn(texts, 400);
        assertThat(BpeTrainer.learn(texts, 400).tokenizerJson()).isEqualTo(bpe.tokenizerJson());
        assertThat(bpe.vocabSize()).isLessThanOrEqualTo(400);
        Files.writeString(directory.resolve("tokenizer.json"), bpe.tokenizerJson());
        Files.writeString(directory.resolve("tokenizer_config.json"), bpe.tokenizerConfigJson());
        try (Tokenizer tokenizer = Tokenizer.open(directory)) {
            assertThat(tokenizer.endOfText()).isEqualTo(bpe.vocabSize() - 1);
            String strange = "Ünïcode \u4e2d\u6587 \uD83C\uDF33 tabs\tand\n\n  spaces 1234";
            assertThat(tokenizer.decode(tokenizer.encode(strange))).isEqualTo(strange);
            String text = texts.getFirst();
            assertThat(tokenizer.encode(text).length).isLessThan(text.length() / 3);
        }
    }

    @Test
    void aUnigramModelKnowsFrequenciesAlone() {
        UnigramModel unigram = new UnigramModel(3);
        unigram.count(new int[] {0, 0, 0, 1});
        assertThat(unigram.loss(0)).isEqualTo(-Math.log(4.0 / 7));
        assertThat(unigram.loss(2)).isEqualTo(-Math.log(1.0 / 7));
    }
}
