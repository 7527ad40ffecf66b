package io.espalier.streams.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Parquet as PyArrow writes it: 25 rows of id, text and other in row groups of 10 under each compression. Rows are read
 * from any position on, and a file that is not whole text is refused.
 */
@Timeout(30)
class ParquetReaderTest {
    @TempDir
    Path directory;

    private Path resource(String name) throws IOException {
        Path file = directory.resolve(name);
        try (InputStream in = ParquetReaderTest.class.getResourceAsStream("/parquet/" + name)) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    private static List<Document> read(Path path, String column, long skip) {
        List<Document> found = new ArrayList<>();
        try (DocumentReader reader = TextFile.of(path).open(new ReadSettings(column, 100))) {
            reader.skip(skip);
            for (Document next = reader.next(); next != null; next = reader.next()) {
                found.add(next);
            }
        }
        return found;
    }

    private static List<Document> rows(Path path, int from) {
        return IntStream.range(from, 25)
                .<Document>mapToObj(i -> new Document.Text(
                        i == 7 ? "" : "row " + i + " ä", new Provenance(path.toString(), 0, i, i + 1)))
                .toList();
    }

    @Test
    void readsTheColumnUnderEveryCompression() throws IOException {
        for (String compression : List.of("zstd", "snappy", "gzip", "none")) {
            Path path = resource(compression + ".parquet");
            assertThat(read(path, "text", 0)).as(compression).isEqualTo(rows(path, 0));
        }
    }

    @Test
    void goesOnAfterAnyRow() throws IOException {
        Path path = resource("zstd.parquet");
        for (int skip = 0; skip <= 25; skip++) {
            assertThat(read(path, "text", skip)).as("after %d", skip).isEqualTo(rows(path, skip));
        }
    }

    @Test
    void refusesWhatIsNotTextByFileRowAndRule() throws IOException {
        refused(resource("zstd.parquet"), "txt", "column txt is absent: must be one of [id, text, other]");
        refused(resource("zstd.parquet"), "id", "column id is INT32: must be text");
        refused(resource("null.parquet"), "text", "row 2: text is null: must be a text");
        refused(resource("not-utf8.parquet"), "text", "row 2: text is invalid UTF-8");
    }

    @Test
    void aFooterThatTellsOfFewerRowsThanThereAreIsRefused() throws IOException {
        assertThat(read(withFooter(0, new byte[0]), "text", 0)).isEmpty();
        refused(withFooter(0, new byte[100]), "text", "row groups is none: must tell of the pages that are there");
        refused(withFooter(25, new byte[100]), "text", "rows is 25: must be the 0 of its row groups");
    }

    /**
     * Writes a file without row groups. Its footer is Thrift's compact protocol: a field's header has the distance from the
     * last field and the type (5 i32, 6 i64, 8 binary, 9 list, 12 struct); a number is zigzag.
     */
    private Path withFooter(int rows, byte[] pages) throws IOException {
        ByteArrayOutputStream footer = new ByteArrayOutputStream();
        footer.writeBytes(new byte[] {0x15, 2, 0x19, 0x2c}); // version 1, two elements of the schema
        footer.writeBytes(new byte[] {0x48, 1, 'r', 0x15, 2, 0}); // the root, of one child
        footer.writeBytes(new byte[] {0x15, 12, 0x25, 2, 0x18, 4, 't', 'e', 'x', 't', 0x25, 0, 0}); // optional UTF-8
        footer.writeBytes(new byte[] {0x16, (byte) (2 * rows), 0x19, 0x0c, 0}); // rows, no row group
        byte[] magic = "PAR1".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer file = ByteBuffer.allocate(12 + pages.length + footer.size()).order(ByteOrder.LITTLE_ENDIAN);
        file.put(magic)
                .put(pages)
                .put(footer.toByteArray())
                .putInt(footer.size())
                .put(magic);
        return Files.write(directory.resolve("footer-" + rows + "-" + pages.length + ".parquet"), file.array());
    }

    @Test
    void refusesDamage() throws IOException {
        byte[] whole = Files.readAllBytes(resource("none.parquet"));
        for (int length : List.of(0, 4, 100, whole.length - 1)) {
            refused(Files.write(directory.resolve("cut.parquet"), Arrays.copyOf(whole, length)), "text", "damaged");
        }
        refused(Files.writeString(directory.resolve("other.parquet"), "no parquet at all"), "text", "damaged");
    }

    private static void refused(Path path, String column, String message) {
        assertThatThrownBy(() -> read(path, column, 0))
                .isInstanceOf(Refused.class)
                .hasMessageContaining(path.getFileName().toString())
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }
}
