package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.source.BlendWeights;
import io.espalier.streams.source.IndexedWriter;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Text becomes batches with a real tokenizer: exact counts, the same seed the same batches, errors by name. */
@Tag("golden")
@Timeout(60)
class BatchesTest {
    private static final ReadSettings READING = new ReadSettings("text", 1 << 20);

    private static ActorSystem system;

    @TempDir
    Path directory;

    private Tokenizer tokenizer;

    @BeforeAll
    static void start() {
        system = ActorSystem.create("batches");
    }

    @AfterAll
    static void stop() {
        system.terminate();
    }

    @BeforeEach
    void open() {
        tokenizer = Tokenizer.open(Shared.require("models/tokenizer"));
    }

    private Batches batches(int rows, int vocabSize, long seed, Path... files) {
        return batches(rows, vocabSize, seed, false, files);
    }

    private Batches batches(int rows, int vocabSize, long seed, boolean sameEpochs, Path... files) {
        BatchSettings settings = new BatchSettings(
                TextFile.find(List.of(files), List.of()),
                BlendWeights.BY_SIZE,
                READING,
                256,
                rows,
                seed,
                64,
                sameEpochs,
                DocumentAttention.SHARED,
                2,
                vocabSize);
        return new Batches(settings, tokenizer, system.dispatcher()::execute);
    }

    private static List<TokenBatch> run(Source<TokenBatch, NotUsed> source) {
        try {
            return source.runWith(Sink.seq(), system)
                    .toCompletableFuture()
                    .orTimeout(50, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    @Test
    void heldOutTextGivesExactlyTheReferenceCounts() {
        Path tech = Shared.require("data/tech-heldout.jsonl.gz");
        List<TokenBatch> batches = run(batches(8, 4096, 1, tech).evaluation());
        assertThat(batches.stream().mapToLong(TokenBatch::targets).sum()).isEqualTo(62_720);
        assertThat(batches.getLast().rows()).isEqualTo(245 % 8);
        Path fiction = Shared.require("data/fiction-heldout.jsonl.gz");
        assertThat(run(batches(7, 4096, 1, fiction).evaluation()).stream()
                        .mapToLong(TokenBatch::targets)
                        .sum())
                .isEqualTo(79_104);
    }

    @Test
    void theSameSeedGivesTheSameBatchesAndEachEpochAnOrderOfItsOwn() {
        Path text = Shared.require("data/tech-heldout.jsonl.gz");
        List<String> first = hashes(batches(8, 4096, 5, text));
        assertThat(first).hasSize(70).doesNotHaveDuplicates().isEqualTo(hashes(batches(8, 4096, 5, text)));
        assertThat(hashes(batches(8, 4096, 6, text))).isNotEqualTo(first);
    }

    private static List<String> hashes(Batches batches) {
        return run(batches.training().take(70)).stream().map(TokenBatch::sha256).toList();
    }

    /** Small blocks and batches, so that positions fall everywhere: within a block, at its end, at an epoch's end. */
    @Test
    void trainingGoesOnExactlyWhereAnyOfItsBatchesEnded() throws IOException {
        goesOn(batches(3, 4096, 5, twoFiles()));
    }

    @Test
    void epochsThatAreToBeTheSameAreAndGoOnExactlyToo() throws IOException {
        Batches batches = batches(4, 4096, 5, true, twoFiles());
        List<TokenBatch> whole =
                run(batches.training().takeWhile(b -> position(b).epoch() < 3));
        List<List<String>> epochs = IntStream.range(0, 3)
                .mapToObj(epoch -> whole.stream()
                        .filter(b -> position(b).epoch() == epoch)
                        .map(TokenBatch::sha256)
                        .toList())
                .toList();
        assertThat(epochs.getFirst()).hasSizeGreaterThan(5).doesNotHaveDuplicates();
        assertThat(epochs).containsOnly(epochs.getFirst());
        int last = epochs.getFirst().size() - 1;
        assertThat(whole.get(last).rows()).as("rows left for the last batch").isLessThan(4);
        assertThat(run(batches(4, 4096, 5, twoFiles()).training().take(last)).stream()
                        .map(TokenBatch::sha256))
                .as("the first epoch is that of epochs that differ")
                .isEqualTo(epochs.getFirst().subList(0, last));
        goesOn(batches);
    }

    private static void goesOn(Batches batches) {
        int total = 90;
        List<TokenBatch> whole = run(batches.training().take(total));
        assertThat(position(whole.getLast()).epoch()).as("epochs passed").isPositive();
        for (int after = 0; after < total - 1; after += 4) {
            TextPosition position = TextPosition.of(position(whole.get(after)).stored());
            List<TokenBatch> rest = run(batches.training(position, after + 1).take(Math.min(5, total - after - 1)));
            for (int i = 0; i < rest.size(); i++) {
                TokenBatch expected = whole.get(after + 1 + i);
                assertThat(rest.get(i).sha256())
                        .as("batch %d after %d", i, after)
                        .isEqualTo(expected.sha256());
                assertThat(rest.get(i).sequence()).isEqualTo(expected.sequence());
                assertThat(rest.get(i).provenance()).isEqualTo(expected.provenance());
                assertThat(position(rest.get(i)).stored())
                        .isEqualTo(position(expected).stored());
            }
        }
    }

    @Test
    void weightedFilesGiveTheirSharesBeginAnewAndGoOnAnywhere() throws IOException {
        Path[] files = twoFiles();
        BatchSettings settings = new BatchSettings(
                        TextFile.find(List.of(files), List.of()),
                        BlendWeights.BY_SIZE,
                        READING,
                        256,
                        3,
                        5,
                        64,
                        false,
                        DocumentAttention.SHARED,
                        2,
                        4096)
                .weighted(Map.of("a.*", 3.0, "b.*", 1.0));
        Batches batches = new Batches(settings, tokenizer, system.dispatcher()::execute);
        List<TokenBatch> whole = run(batches.training().take(200));
        long fromA = whole.stream()
                .flatMap(batch -> batch.provenance().stream())
                .filter(from -> from.source().endsWith("a.jsonl"))
                .count();
        long all = whole.stream().mapToLong(batch -> batch.provenance().size()).sum();
        assertThat((double) fromA / all).isBetween(0.6, 0.9);
        assertThat(position(whole.getLast()).epoch()).as("there is one epoch").isZero();
        for (int after = 0; after < 199; after += 11) {
            TextPosition position = TextPosition.of(position(whole.get(after)).stored());
            assertThat(run(batches.training(position, after + 1).take(1))
                            .getFirst()
                            .ids())
                    .isEqualTo(whole.get(after + 1).ids());
        }
    }

    @Test
    void aPreparedFileGivesTheVeryBatchesOfItsTextAndGoesOnAnywhere() throws IOException {
        Path text = twoFiles()[1];
        Path prefix = directory.resolve("prepared");
        try (IndexedWriter writer = new IndexedWriter(prefix, tokenizer.vocabSize())) {
            EncodedSource.plain(
                            TextFile.find(List.of(text), List.of()),
                            READING,
                            tokenizer,
                            2,
                            Long.MAX_VALUE,
                            system.dispatcher()::execute)
                    .runForeach(next -> writer.add(next.ids(), next.ends()), system)
                    .toCompletableFuture()
                    .orTimeout(50, TimeUnit.SECONDS)
                    .join();
            writer.commit();
        }
        List<TokenBatch> expected = run(batches(3, 4096, 5, text).training().take(120));
        assertThat(position(expected.getLast()).epoch()).as("epochs passed").isPositive();
        Batches prepared = batches(3, 4096, 5, prefix);
        List<TokenBatch> found = run(prepared.training().take(120));
        assertThat(found).extracting(TokenBatch::ids).containsExactlyElementsOf(ids(expected));
        for (int after = 0; after < 119; after += 17) {
            TextPosition position = TextPosition.of(position(found.get(after)).stored());
            assertThat(run(prepared.training(position, after + 1).take(1)).getFirst())
                    .usingRecursiveComparison()
                    .isEqualTo(found.get(after + 1));
        }
    }

    private static List<int[]> ids(List<TokenBatch> batches) {
        return batches.stream().map(TokenBatch::ids).toList();
    }

    @Test
    void aTokenBudgetEndsWithTheDocumentThatFillsIt() throws IOException {
        Path text = Files.writeString(
                directory.resolve("b.jsonl"), "{\"text\":\"one two three\"}\n".repeat(10), StandardCharsets.UTF_8);
        int each = tokenizer.encode("one two three").length + 1;
        List<EncodedSource.Plain> documents = EncodedSource.plain(
                        TextFile.find(List.of(text), List.of()),
                        READING,
                        tokenizer,
                        2,
                        3L * each + 1,
                        system.dispatcher()::execute)
                .runWith(Sink.seq(), system)
                .toCompletableFuture()
                .orTimeout(50, TimeUnit.SECONDS)
                .join();
        assertThat(documents).hasSize(4);
    }

    @Test
    void anEpochUsesEveryTargetOnce() throws IOException {
        Path[] files = twoFiles();
        List<int[]> rows = new ArrayList<>();
        for (TokenBatch batch : run(
                batches(1, 4096, 5, files).training().takeWhile(b -> position(b).epoch() == 0))) {
            rows.add(batch.ids());
        }
        long tokens = 0;
        for (Path file : files) {
            for (String line : Files.readAllLines(file)) {
                tokens += tokenizer.encode(new ObjectMapper()
                                        .readTree(line)
                                        .get("text")
                                        .asText())
                                .length
                        + 1;
            }
        }
        assertThat((long) rows.size()).isEqualTo((tokens - 1) / 256);
        assertThat(rows.stream().map(Arrays::toString)).doesNotHaveDuplicates();
    }

    private static TextPosition position(TokenBatch batch) {
        return (TextPosition) batch.next();
    }

    private Path[] twoFiles() throws IOException {
        Path[] files = {directory.resolve("a.jsonl"), directory.resolve("b.jsonl")};
        List<String> lines = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(Shared.require("data/tech-heldout.jsonl.gz"))),
                StandardCharsets.UTF_8))) {
            reader.lines().limit(120).forEach(lines::add);
        }
        Files.write(files[0], lines.subList(0, lines.size() / 3));
        Files.write(files[1], lines.subList(lines.size() / 3, lines.size()));
        return files;
    }

    @Test
    void refusesTextThatFillsNoRow() throws IOException {
        Path empty = Files.writeString(directory.resolve("empty.jsonl"), "");
        Path brief = Files.writeString(directory.resolve("brief.txt"), "a few words");
        for (Path file : List.of(empty, brief)) {
            assertThatThrownBy(() -> run(batches(8, 4096, 1, file).training().take(1)))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining(file.getFileName().toString())
                    .hasMessageContaining("must fill at least one row of 257 tokens");
        }
    }

    @Test
    void refusesIdsBeyondTheModelsVocabulary() {
        Path text = Shared.require("data/tech-heldout.jsonl.gz");
        assertThatThrownBy(() -> run(batches(8, 300, 1, text).evaluation()))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("must be below the model's vocab_size 300");
    }

    @Test
    void aConsumerThatStopsPullingStopsTheReading() {
        Path text = Shared.require("data/tech-heldout.jsonl.gz");
        assertThat(run(batches(1, 4096, 1, text).training().take(3))).hasSize(3);
    }
}
