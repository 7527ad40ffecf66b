package io.espalier.streams.source;

import static io.espalier.gpu.Refused.setting;

import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DiskFault;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes the pair that {@link IndexedFile} reads, a sequence for each document or piece of a long one. Lengths wait in a file of their own, so
 * that memory does not grow with the documents. The index comes into place last: without it there is no data set.
 * Closing it before {@link #commit} removes what was written.
 */
public final class IndexedWriter implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;

    /** Set beside a sequence's length where its document goes on. */
    private static final int GOES_ON = 1 << 31;

    private final Path tokens;
    private final Path index;
    private final Path stagedTokens;
    private final Path stagedIndex;
    private final Path lengths;
    private final IdType type;
    private final OutputStream tokensOut;
    private final OutputStream lengthsOut;
    private long documents;
    private long sequences;
    private long ids;

    /**
     * Starts a data set.
     *
     * @param prefix of {@code .bin} and {@code .idx}, neither of which may exist
     * @param vocabSize decides how many bytes an id takes
     */
    public IndexedWriter(Path prefix, int vocabSize) {
        Path absolute = prefix.toAbsolutePath().normalize();
        this.tokens = suffixed(absolute, ".bin");
        this.index = suffixed(absolute, ".idx");
        requireFree(tokens);
        requireFree(index);
        String unique = ".tmp-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        this.stagedTokens = hidden(absolute, ".bin" + unique);
        this.stagedIndex = hidden(absolute, ".idx" + unique);
        this.lengths = hidden(absolute, ".lengths" + unique);
        this.type = IdType.ofVocabulary(vocabSize);
        try {
            Files.createDirectories(absolute.getParent());
            this.tokensOut = new BufferedOutputStream(Files.newOutputStream(stagedTokens), BUFFER_BYTES);
            this.lengthsOut = new BufferedOutputStream(Files.newOutputStream(lengths), BUFFER_BYTES);
        } catch (IOException e) {
            throw DiskFault.failure(prefix, e);
        }
    }

    private static Path suffixed(Path prefix, String suffix) {
        return prefix.resolveSibling(prefix.getFileName() + suffix);
    }

    private static Path hidden(Path prefix, String suffix) {
        return prefix.resolveSibling("." + prefix.getFileName() + suffix);
    }

    private static void requireFree(Path path) {
        if (Files.exists(path)) {
            throw new Refused(
                    Refused.Reason.WRONG_STATE,
                    path + ": exists: " + setting("out") + " must be the prefix of a new data set");
        }
    }

    /** Appends a document. */
    public void add(int[] document) {
        add(document, true);
    }

    /** Appends a sequence of a document, the last one or another. */
    public void add(int[] sequence, boolean ends) {
        try {
            tokensOut.write(bytes(sequence));
            lengthsOut.write(littleEndian(4)
                    .putInt(ends ? sequence.length : sequence.length | GOES_ON)
                    .array());
        } catch (IOException e) {
            throw DiskFault.failure(tokens, e);
        }
        documents += ends ? 1 : 0;
        sequences++;
        ids += sequence.length;
    }

    private byte[] bytes(int[] document) {
        boolean wide = type == IdType.INT32;
        byte[] bytes = new byte[Math.multiplyExact(document.length, type.bytes())];
        ByteBuffer view = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int id : document) {
            if (id < 0 || (!wide && id > 0xFFFF)) {
                throw new IllegalArgumentException("token id " + id + " does not fit " + type);
            }
            if (wide) {
                view.putInt(id);
            } else {
                view.putShort((short) id);
            }
        }
        return bytes;
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    public long documents() {
        return documents;
    }

    public long ids() {
        return ids;
    }

    public int bytesPerId() {
        return type.bytes();
    }

    /** Syncs both files and puts them in place. */
    public void commit() {
        try {
            tokensOut.close();
            lengthsOut.close();
            writeIndex();
            AtomicFile.sync(stagedTokens);
            AtomicFile.sync(stagedIndex);
            requireFree(tokens);
            requireFree(index);
            AtomicFile.move(stagedTokens, tokens);
            AtomicFile.move(stagedIndex, index);
        } catch (IOException e) {
            throw DiskFault.failure(index, e);
        }
    }

    private void writeIndex() throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(stagedIndex), BUFFER_BYTES)) {
            out.write(littleEndian(IndexedFile.HEADER_BYTES)
                    .put(IndexedFile.MAGIC.getBytes(StandardCharsets.ISO_8859_1))
                    .putLong(IndexedFile.VERSION)
                    .put((byte) type.code())
                    .putLong(sequences)
                    .putLong(documents + 1)
                    .array());
            long[] pointer = {0};
            eachSequence((length, _) -> out.write(littleEndian(4).putInt(length).array()));
            eachSequence((length, _) -> {
                out.write(littleEndian(8).putLong(pointer[0]).array());
                pointer[0] += (long) length * type.bytes();
            });
            long[] sequence = {0};
            out.write(littleEndian(8).putLong(0).array());
            eachSequence((_, ends) -> {
                sequence[0]++;
                if (ends) {
                    out.write(littleEndian(8).putLong(sequence[0]).array());
                }
            });
        }
    }

    private interface SequenceWriter {
        void write(int length, boolean ends) throws IOException;
    }

    private void eachSequence(SequenceWriter writer) throws IOException {
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(lengths), BUFFER_BYTES))) {
            for (long s = 0; s < sequences; s++) {
                int length = Integer.reverseBytes(in.readInt());
                writer.write(length & ~GOES_ON, (length & GOES_ON) == 0);
            }
        }
    }

    @Override
    public void close() {
        try {
            // First: some systems do not delete an open file.
            tokensOut.close();
            lengthsOut.close();
        } catch (IOException e) {
            throw DiskFault.failure(tokens, e);
        } finally {
            delete(stagedTokens);
            delete(stagedIndex);
            delete(lengths);
        }
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw DiskFault.failure(path, e);
        }
    }
}
