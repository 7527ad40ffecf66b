package io.espalier.streams.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Text is read as it is, or refused with file, line, field and rule. */
class TextFileTest {
    @TempDir
    Path directory;

    private Path file(String name, byte[] bytes) throws IOException {
        return Files.write(directory.resolve(name), bytes);
    }

    private Path file(String name, String text) throws IOException {
        return file(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static List<Document> read(Path path) {
        List<Document> documents = new ArrayList<>();
        try (DocumentReader reader = TextFile.of(path).open(new ReadSettings("text", 200))) {
            for (Document next = reader.next(); next != null; next = reader.next()) {
                documents.add(next);
            }
        }
        return documents;
    }

    @Test
    void readsLinesOfJsonWithTheirLineAsProvenance() throws IOException {
        Path path = file("a.jsonl", "{\"text\":\"one\"}\n\n{\"text\":\"zwei \\u00e4\",\"x\":1}");
        assertThat(read(path))
                .containsExactly(
                        new Document.Text("one", new Provenance(path.toString(), 0, 0, 1)),
                        new Document.Text("zwei ä", new Provenance(path.toString(), 0, 2, 3)));
    }

    @Test
    void readsTheSameThroughGzipAndZstd() throws IOException {
        assertThat(read(file("z.jsonl.zst", Zstd.compress("{\"text\":\"one\"}\n".getBytes(StandardCharsets.UTF_8)))))
                .extracting(d -> ((Document.Text) d).text())
                .containsExactly("one");
        assertThat(read(file("a.jsonl.gz", gzip("{\"text\":\"one\"}\n"))))
                .extracting(d -> ((Document.Text) d).text())
                .containsExactly("one");
        assertThat(read(file("b.txt.gz", gzip("a\nb\n"))))
                .extracting(d -> ((Document.Text) d).text())
                .containsExactly("a\nb\n");
    }

    @Test
    void aPlainFileIsOneDocument() throws IOException {
        assertThat(read(file("a.txt", "first\nsecond\n")))
                .extracting(d -> ((Document.Text) d).text())
                .containsExactly("first\nsecond\n");
    }

    @Test
    void refusesDamageByFileLineFieldAndRule() throws IOException {
        assertRefused(file("a.jsonl", "{\"text\":\"one\"}\n{\"text\":"), "a.jsonl:2: line is no JSON");
        assertRefused(file("b.jsonl", "{\"txt\":\"one\"}\n"), "b.jsonl:1: text is absent: must be a text");
        assertRefused(file("c.jsonl", "{\"text\":7}\n"), "c.jsonl:1: text is 7: must be a text");
        assertRefused(file("i.jsonl", "{\"text\":\"\\ud800\"}\n"), "i.jsonl:1: text is half a surrogate pair");
        assertRefused(file("d.jsonl", "{\"text\":\"a\"} {\"text\":\"b\"}\n"), "d.jsonl:1: line is no JSON");
        assertRefused(file("e.txt", new byte[] {'a', (byte) 0xff, 'b'}), "e.txt: text is invalid UTF-8");
        assertRefused(
                file("f.jsonl", new byte[] {'{', '"', (byte) 0xc3, '"', '}', '\n'}),
                "f.jsonl:1: text is invalid UTF-8");
        byte[] whole = gzip("{\"text\":\"a long enough line to be cut in the middle of it\"}\n");
        assertRefused(file("g.jsonl.gz", Arrays.copyOf(whole, whole.length / 2)), "must be complete gzip");
        assertRefused(file("h.jsonl.gz", "no gzip at all"), "must be complete gzip");
        byte[] frame =
                Zstd.compress(("{\"text\":\"" + "a long line ".repeat(9) + "\"}\n").getBytes(StandardCharsets.UTF_8));
        assertRefused(file("j.jsonl.zst", Arrays.copyOf(frame, frame.length - 3)), "must be complete zstd");
        assertRefused(file("k.jsonl.zst", "no zstd at all"), "must be complete zstd");
        assertRefused(file("l.jsonl.zst", ""), "must be complete zstd");
        assertRefused(
                file("m.jsonl", "{\"text\":\"one\"}\n{\"text\":\"" + "x".repeat(200) + "\"}\n"),
                "m.jsonl:2: line is over 200 bytes: must be shorter (max-line-mib)");
    }

    private static void assertRefused(Path path, String message) {
        assertThatThrownBy(() -> read(path))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.VALIDATION))
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }

    @Test
    void takesKnownFilesOfADirectoryInOrderAndLeavesOutTheExcluded() throws IOException {
        Files.createDirectories(directory.resolve("sub"));
        file("b.jsonl", "");
        file("a.txt", "");
        file("notes.md", "");
        file("sub/c.txt.gz", "");
        file("sub/d.txt", "");
        assertThat(TextFile.find(List.of(directory), List.of("sub/d*")))
                .extracting(f -> directory.relativize(f.path()).toString())
                .containsExactly("a.txt", "b.jsonl", "sub/c.txt.gz");
    }

    @Test
    void namesWhatItCannotRead() throws IOException {
        Path unknown = file("a.md", "");
        assertThatThrownBy(() -> TextFile.find(List.of(unknown), List.of()))
                .hasMessageContaining(
                        "must end in one of .txt, .txt.gz, .txt.zst, .jsonl, .jsonl.gz, .jsonl.zst, .bin, .parquet");
        assertThatThrownBy(() -> TextFile.of(directory.resolve("absent.txt")))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.NOT_FOUND));
    }

    @Test
    void heldOutTextMustNotBeLearntFrom() throws IOException {
        Path one = Files.writeString(directory.resolve("one.txt"), "same");
        Path copy = Files.writeString(directory.resolve("copy.txt"), "same");
        Path other = Files.writeString(directory.resolve("other.txt"), "else");
        List<TextFile> learnt = TextFile.find(List.of(one), List.of());
        HeldOutText.requireApart(learnt, TextFile.find(List.of(other), List.of()));
        for (Path overlapping : List.of(one, copy)) {
            assertThatThrownBy(() -> HeldOutText.requireApart(learnt, TextFile.find(List.of(overlapping), List.of())))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("held-out text is the same as");
        }
    }
}
