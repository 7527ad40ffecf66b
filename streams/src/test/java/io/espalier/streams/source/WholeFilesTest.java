package io.espalier.streams.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A file is read to its last byte or refused: fewer records than it holds are never taken for all of it. */
@Timeout(60)
class WholeFilesTest {
    private static final int MUTANTS = Integer.getInteger("espalier.test.mutants", 50);

    @TempDir
    Path directory;

    private static List<String> read(Path path, ReadSettings settings) {
        List<String> texts = new ArrayList<>();
        try (DocumentReader reader = TextFile.of(path).open(settings)) {
            for (Document next = reader.next(); next != null; next = reader.next()) {
                texts.add(((Document.Text) next).text());
            }
        }
        return texts;
    }

    private static List<String> read(Path path) {
        return read(path, new ReadSettings("text", 1 << 20));
    }

    private static byte[] line(String text) {
        return ("{\"text\":\"" + text + "\"}\n").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(plain);
        }
        return packed.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private Path file(String name, byte[]... parts) throws IOException {
        return Files.write(directory.resolve(name), join(parts));
    }

    @Test
    void everyMemberOfAGzipFileCounts() throws IOException {
        byte[] one = gzip(line("one"));
        byte[] two = gzip(line("two"));
        assertThat(read(file("a.jsonl.gz", one, two, one))).containsExactly("one", "two", "one");
        assertThat(read(file("a.jsonl.gz", one, new byte[512]))).as("tapes").containsExactly("one");
        assertThat(read(file("a.jsonl.gz", one, new byte[3], two))).containsExactly("one", "two");
        for (int length = 1; length < two.length; length++) {
            Path cut = file("a.jsonl.gz", one, Arrays.copyOf(two, length));
            assertThatThrownBy(() -> read(cut))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining(
                            "a.jsonl.gz: content is damaged (member 2 is cut off): must be complete gzip");
        }
        byte[] sum = two.clone();
        sum[two.length - 6] ^= 1;
        assertThatThrownBy(() -> read(file("a.jsonl.gz", one, sum))).hasMessageContaining("is not what its sum says");
        byte[] size = two.clone();
        size[two.length - 2] ^= 1;
        assertThatThrownBy(() -> read(file("a.jsonl.gz", one, size))).hasMessageContaining("not as long as it says");
        assertThatThrownBy(() -> read(file("a.jsonl.gz", one, line("plain"))))
                .hasMessageContaining("member 2 is no gzip");
    }

    @Test
    void everyFrameOfAZstandardFileCounts() throws IOException {
        byte[] one = Zstd.compress(line("one"));
        byte[] two = Zstd.compress(line("two"));
        assertThat(read(file("a.jsonl.zst", one, two))).containsExactly("one", "two");
        for (int length = 1; length < two.length; length++) {
            Path cut = file("a.jsonl.zst", one, Arrays.copyOf(two, length));
            assertThatThrownBy(() -> read(cut)).as("cut at " + length).isInstanceOf(Refused.class);
        }
        assertThatThrownBy(() -> read(file("a.jsonl.zst", one, line("plain")))).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> read(file("a.jsonl.zst", one, new byte[] {7})))
                .hasMessageContaining("must be complete zstd");
    }

    @ParameterizedTest
    @CsvSource({"28, ", "31, is zstd with a window over 512 MiB: is not supported"})
    void aLongWindowIsReadOrCalledOne(int window, String message) throws IOException {
        byte[] plain = line("long");
        byte[] head = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) ((window - 10) << 3)};
        byte[] block = {(byte) (plain.length << 3 | 1), 0, 0};
        Path path = file("a.jsonl.zst", head, block, plain);
        if (message == null) {
            assertThat(read(path)).containsExactly("long");
        } else {
            assertThatThrownBy(() -> read(path)).hasMessageContaining(message).hasMessageNotContaining("damaged");
        }
    }

    @Test
    void fieldsThatNobodyAsksForMayHoldWhatPythonWrites() throws IOException {
        String digits = "9".repeat(5_000);
        Path path = file(
                "a.jsonl",
                ("{\"a\":NaN,\"b\":[-Infinity,{\"text\":1}],\"text\":\"one\",\"n\":" + digits
                                + "}\n{\"text\":\"x\",\"text\":\"two\"}\n")
                        .getBytes(StandardCharsets.UTF_8));
        assertThat(read(path)).containsExactly("one", "two");
        for (String bad :
                List.of("{\"text\":NaN}", "{\"text\":\"a\"} x", "{\"text\":\"a\",}", "{\"text\":\"a\"", "[\"text\"]")) {
            assertThatThrownBy(() -> read(file("b.jsonl", bad.getBytes(StandardCharsets.UTF_8))))
                    .as(bad)
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("b.jsonl:1: ")
                    .hasMessageNotContainingAny("Feature", "`");
        }
    }

    @Test
    void nullTextIsPassedOverOnlyWhereThatIsAskedFor() throws IOException {
        byte[] lines = "{\"text\":\"one\"}\n{\"text\":null}\n{\"text\":\"two\"}\n".getBytes(StandardCharsets.UTF_8);
        Path path = file("a.jsonl", lines);
        ReadSettings skipping = new ReadSettings("text", 1 << 20, ReadSettings.NullText.SKIP);
        assertThatThrownBy(() -> read(path))
                .hasMessageContaining("a.jsonl:2: text is null")
                .hasMessageContaining("null-text");
        assertThat(read(path, skipping)).containsExactly("one", "two");
        try (DocumentReader reader = TextFile.of(path).open(skipping)) {
            reader.skip(1);
            assertThat(reader.next()).extracting(Document::where).isEqualTo(path + ":3");
        }
        assertThatThrownBy(() -> read(file("b.jsonl", "{\"other\":1}".getBytes(StandardCharsets.UTF_8)), skipping))
                .hasMessageContaining("text is absent");
    }

    @Test
    @Tag("golden")
    void parquetFilesAreReadOrCalledWhatTheyAre() {
        Path cases = Shared.require("cases/formats");
        assertThatThrownBy(() -> read(cases.resolve("parquet-brotli/a.parquet")))
                .hasMessageContaining("compression is BROTLI: is not supported")
                .hasMessageNotContaining("damaged");
        Path dotted = cases.resolve("parquet-dotted-column/a.parquet");
        assertThat(read(dotted, new ReadSettings("a.b", 100))).containsExactly("x", "y");
        Path holes = cases.resolve("parquet-null-row/a.parquet");
        assertThatThrownBy(() -> read(holes)).hasMessageContaining("row 3: text is null");
        ReadSettings skipping = new ReadSettings("text", 100, ReadSettings.NullText.SKIP);
        List<String> texts = read(holes, skipping);
        assertThat(texts).hasSize(6);
        try (DocumentReader reader = TextFile.of(holes).open(skipping)) {
            reader.skip(3);
            assertThat(reader.next())
                    .extracting(d -> ((Document.Text) d).text())
                    .isEqualTo(texts.get(3));
        }
    }

    @Test
    @Tag("golden")
    void gzipCasesAreRefusedWithAReason() {
        Path cases = Shared.require("cases/formats");
        for (String name : List.of("gz-empty-file", "gz-garbage-behind", "gz-second-member-damaged")) {
            assertThatThrownBy(() -> read(cases.resolve(name).resolve("a.jsonl.gz")))
                    .as(name)
                    .isInstanceOf(Refused.class)
                    .hasMessageNotContaining("null");
        }
    }

    /** A packed file with any change in it gives all of its records or a refusal. */
    @Test
    void noMutantOfAPackedFileGivesFewerRecords() throws IOException {
        List<String> texts = new ArrayList<>();
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        for (int i = 0; i < 20; i++) {
            texts.add("text " + i);
            plain.writeBytes(line("text " + i));
        }
        byte[] gzip = join(gzip(plain.toByteArray()), gzip(line("last")));
        byte[] zstd = join(Zstd.compress(line("first")), Zstd.compress(plain.toByteArray()));
        for (long seed = 1; seed <= MUTANTS; seed++) {
            Random random = new Random(seed);
            boolean first = random.nextBoolean();
            Path path = file(first ? "m.jsonl.gz" : "m.jsonl.zst", mutant(first ? gzip : zstd, random));
            try {
                assertThat(read(path).size()).as("records of mutant " + seed).isGreaterThanOrEqualTo(texts.size());
            } catch (Refused e) {
                assertThat(e).as("mutant " + seed).hasMessageContaining("m.jsonl");
            }
        }
    }

    private static byte[] mutant(byte[] whole, Random random) {
        int at = random.nextInt(whole.length);
        return switch (random.nextInt(3)) {
            case 0 -> Arrays.copyOf(whole, at);
            case 1 -> join(whole, new byte[] {(byte) (1 + random.nextInt(255))});
            default -> {
                byte[] flipped = whole.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                yield flipped;
            }
        };
    }
}
