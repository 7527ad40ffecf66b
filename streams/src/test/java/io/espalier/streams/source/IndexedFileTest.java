package io.espalier.streams.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Token files are Megatron's to the byte, and a damaged one is refused with what is wrong with it. */
@Timeout(30)
class IndexedFileTest {
    private static final ReadSettings READING = new ReadSettings("text", 100);

    @TempDir
    Path directory;

    private Path write(int vocabSize, int[]... documents) {
        Path prefix = directory.resolve("t");
        try (IndexedWriter writer = new IndexedWriter(prefix, vocabSize)) {
            for (int[] document : documents) {
                writer.add(document);
            }
            writer.commit();
        }
        return directory.resolve("t.idx");
    }

    private static List<int[]> read(Path path, long skip) {
        List<int[]> found = new ArrayList<>();
        try (DocumentReader reader = TextFile.of(path).open(READING)) {
            reader.skip(skip);
            for (Document next = reader.next(); next != null; next = reader.next()) {
                found.add(((Document.Ids) next).ids());
            }
        }
        return found;
    }

    private void bin(String hex) throws IOException {
        Files.write(directory.resolve("t.bin"), HexFormat.ofDelimiter(" ").parseHex(hex));
    }

    /** An index written out by hand, as the format's table says. */
    private Path idx(int dtype, int[] lengths, long[] pointers, long[] documents) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(34 + lengths.length * 12 + documents.length * 8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("MMIDIDX".getBytes(StandardCharsets.US_ASCII))
                .put(new byte[2])
                .putLong(1)
                .put((byte) dtype)
                .putLong(lengths.length)
                .putLong(documents.length);
        Arrays.stream(lengths).forEach(bytes::putInt);
        Arrays.stream(pointers).forEach(bytes::putLong);
        Arrays.stream(documents).forEach(bytes::putLong);
        return Files.write(directory.resolve("t.idx"), bytes.array());
    }

    @Test
    void writesTheFormatsBytes() throws IOException {
        Path index = write(65_499, new int[] {1, 65_498}, new int[] {256});
        assertThat(directory.resolve("t.bin")).hasBinaryContent(HexFormat.of().parseHex("0100daff0001"));
        byte[] written = Files.readAllBytes(index);
        assertThat(written)
                .isEqualTo(Files.readAllBytes(idx(8, new int[] {2, 1}, new long[] {0, 4}, new long[] {0, 1, 2})));
    }

    @Test
    void takesFourBytesFromTheVocabularyOnThatTheOriginalDoes() throws IOException {
        Path index = write(65_500, new int[] {65_499});
        assertThat(directory.resolve("t.bin")).hasBinaryContent(HexFormat.of().parseHex("dbff0000"));
        assertThat(Files.readAllBytes(index)[17]).isEqualTo((byte) 4);
    }

    @Test
    void readsDocumentsOfSeveralSequencesAndAnyIntegerType() throws IOException {
        bin("01 00 02 00 03 00 ff ff");
        Path index = idx(8, new int[] {1, 2, 1}, new long[] {0, 2, 6}, new long[] {0, 2, 3});
        assertThat(read(index, 0)).containsExactly(new int[] {1, 2, 3}, new int[] {65_535});
        bin("07 00 00 00 00 00 00 00 09 00 00 00 00 00 00 00");
        assertThat(read(idx(5, new int[] {2}, new long[] {0}, new long[] {0, 1}), 0))
                .containsExactly(new int[] {7, 9});
        bin("07 09");
        assertThat(read(idx(1, new int[] {2}, new long[] {0}, new long[] {0, 1}), 0))
                .containsExactly(new int[] {7, 9});
    }

    @Test
    void goesOnAfterAnyDocument() {
        int[][] documents = {{1, 2}, {3}, {4, 5, 6}, {7}};
        Path index = write(100, documents);
        for (int skip = 0; skip <= documents.length; skip++) {
            assertThat(read(index, skip)).containsExactly(Arrays.copyOfRange(documents, skip, documents.length));
        }
    }

    @Test
    void aPairIsFoundByEitherOfItsFilesItsPrefixOrItsDirectory() {
        Path index = write(100, new int[] {1});
        Path tokens = directory.resolve("t.bin");
        for (List<Path> named : List.of(
                List.of(index),
                List.of(tokens),
                List.of(directory.resolve("t")),
                List.of(tokens, index),
                List.of(directory))) {
            assertThat(TextFile.find(named, List.of()))
                    .extracting(TextFile::path)
                    .containsExactly(tokens);
        }
    }

    @Test
    void refusesDamageByFileFieldAndRule() throws IOException {
        int[] lengths = {1, 2};
        long[] pointers = {0, 2};
        long[] documents = {0, 1, 2};
        bin("01 00 02 00 03 00");
        Path index = idx(8, lengths, pointers, documents);
        byte[] whole = Files.readAllBytes(index);
        refused(Arrays.copyOf(whole, 20), "t.idx: size is 20 bytes: must hold a header of 34");
        refused(Arrays.copyOf(whole, whole.length - 1), "must be 82 for 2 sequences and 3 document entries");
        refused(changed(whole, 0, 'X'), "t.idx: magic is another: must be MMIDIDX");
        refused(changed(whole, 9, 2), "t.idx: version is 2: must be 1");
        refused(changed(whole, 17, 6), "t.idx: dtype code is 6: must be an integer's");
        refused(changed(whole, 25, 0x7f), "t.idx: sequence_count is");
        refused(changed(whole, 58 + 16, 1), "t.idx: document indices is 0 to 1: must go from 0 to the 2 sequences");
        refused(changed(whole, 58 + 8, 9), "t.idx: document 0 is sequences 0 to 9: must be in 0 to 2");
        refused(changed(whole, 50, 5), "must be the 9 that");
        refused(changed(whole, 34, 200), "t.idx: sequence 0 is 200 ids at byte 0: must lie in the 6 bytes");
        Files.write(index, whole);
        bin("01 00 02 00 03");
        refused(whole, "t.bin: size is 5 bytes: must be the 6 that");
        bin("01 00 02 00 ff ff");
        refused(changed(whole, 17, 3), "t.idx: document 1 is token id -1: must be from 0");
        Files.delete(directory.resolve("t.bin"));
        refused(whole, "t.bin: must be there: .bin and .idx are one data set");
    }

    private static byte[] changed(byte[] whole, int at, int value) {
        byte[] changed = whole.clone();
        changed[at] = (byte) value;
        return changed;
    }

    private void refused(byte[] idx, String message) throws IOException {
        Path index = Files.write(directory.resolve("t.idx"), idx);
        assertThatThrownBy(() -> read(index, 0)).isInstanceOf(Refused.class).hasMessageContaining(message);
    }

    @Test
    void whatIsNotCommittedLeavesNothingAndNothingIsOverwritten() throws IOException {
        try (IndexedWriter writer = new IndexedWriter(directory.resolve("gone"), 100)) {
            writer.add(new int[] {1});
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
        write(100, new int[] {1});
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).hasSize(2);
        }
        assertThatThrownBy(() -> new IndexedWriter(directory.resolve("t"), 100))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.WRONG_STATE));
    }
}
