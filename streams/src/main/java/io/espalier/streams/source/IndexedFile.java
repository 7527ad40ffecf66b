package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Documents of token ids in Megatron's pair of files: {@code .bin} has the ids back to back, {@code .idx} where each
 * sequence begins and which sequences make a document. Both are mapped, so that any document is at hand; closing it
 * takes the mapping away.
 */
final class IndexedFile implements AutoCloseable {
    static final String MAGIC = "MMIDIDX\0\0";
    static final long VERSION = 1;
    static final int HEADER_BYTES = 34;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path index;
    private final Arena arena;
    private final MemorySegment idx;
    private final MemorySegment bin;
    private final IdType type;
    private final long sequences;
    private final long documents;

    /** Maps the pair and checks the index against both sizes; what each document says is checked when it is read. */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the file object, which closes it
    IndexedFile(Path tokens) {
        this.index = indexOf(tokens);
        this.arena = Arena.ofShared();
        try {
            this.idx = map(index);
            this.bin = map(tokens);
            this.type = header();
            this.sequences = count(18, "sequence_count");
            long entries = count(26, "document_count");
            this.documents = entries - 1;
            requireSize(entries);
            requireEnds(tokens);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** The index beside a file of tokens. */
    static Path indexOf(Path tokens) {
        String name = tokens.getFileName().toString();
        return tokens.resolveSibling(name.substring(0, name.length() - 4) + ".idx");
    }

    private MemorySegment map(Path path) {
        if (!Files.isRegularFile(path)) {
            throw Refused.notFound(path, "must be there: .bin and .idx are one data set");
        }
        try (FileChannel channel = FileChannel.open(path)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }

    private IdType header() {
        if (idx.byteSize() < HEADER_BYTES) {
            throw Refused.invalid(index, "size", idx.byteSize() + " bytes", "must hold a header of " + HEADER_BYTES);
        }
        byte[] magic = idx.asSlice(0, MAGIC.length()).toArray(ValueLayout.JAVA_BYTE);
        if (!new String(magic, StandardCharsets.ISO_8859_1).equals(MAGIC)) {
            throw Refused.invalid(index, "magic", "another", "must be MMIDIDX: is it the index of a token file?");
        }
        long version = idx.get(LONG, 9);
        if (version != VERSION) {
            throw Refused.invalid(index, "version", version, "must be " + VERSION);
        }
        int code = idx.get(ValueLayout.JAVA_BYTE, 17);
        return IdType.ofCode(code)
                .orElseThrow(() -> Refused.invalid(index, "dtype code", code, "must be an integer's: 1 to 5 or 8"));
    }

    /** Bounded by the file's size, so that sums of sizes cannot overflow. */
    private long count(long at, String field) {
        long count = idx.get(LONG, at);
        if (count < 0 || count > idx.byteSize()) {
            throw Refused.invalid(index, field, count, "must fit the file's " + idx.byteSize() + " bytes");
        }
        return count;
    }

    private void requireSize(long entries) {
        long plain = HEADER_BYTES + sequences * (4 + 8) + entries * 8;
        if (entries < 1 || (idx.byteSize() != plain && idx.byteSize() != plain + sequences)) {
            throw Refused.invalid(
                    index,
                    "size",
                    idx.byteSize() + " bytes",
                    "must be " + plain + " for " + sequences + " sequences and " + entries + " document entries");
        }
    }

    /** The last sequence ends where the tokens do, and the last document with the last sequence. */
    private void requireEnds(Path tokens) {
        long end = sequences == 0 ? 0 : pointer(sequences - 1) + (long) length(sequences - 1) * type.bytes();
        if (end != bin.byteSize()) {
            throw Refused.invalid(
                    tokens, "size", bin.byteSize() + " bytes", "must be the " + end + " that " + index + " tells of");
        }
        if (firstSequence(0) != 0 || firstSequence(documents) != sequences) {
            throw Refused.invalid(
                    index,
                    "document indices",
                    firstSequence(0) + " to " + firstSequence(documents),
                    "must go from 0 to the " + sequences + " sequences");
        }
    }

    private int length(long sequence) {
        return idx.get(INT, HEADER_BYTES + sequence * 4);
    }

    private long pointer(long sequence) {
        return idx.get(LONG, HEADER_BYTES + sequences * 4 + sequence * 8);
    }

    private long firstSequence(long document) {
        return idx.get(LONG, HEADER_BYTES + sequences * 12 + document * 8);
    }

    long documents() {
        return documents;
    }

    int idBytes() {
        return type.bytes();
    }

    /** The ids of a document: those of its sequences, one after the other. */
    int[] document(long document) {
        long from = firstSequence(document);
        long to = firstSequence(document + 1);
        if (from < 0 || to < from || to > sequences) {
            throw Refused.invalid(
                    index, "document " + document, "sequences " + from + " to " + to, "must be in 0 to " + sequences);
        }
        long total = 0;
        for (long s = from; s < to; s++) {
            requireInside(s);
            total += length(s);
        }
        if (total > Integer.MAX_VALUE - 8) {
            throw Refused.invalid(index, "document " + document, total + " ids", "must fit an array");
        }
        int[] ids = new int[Math.toIntExact(total)];
        int filled = 0;
        for (long s = from; s < to; s++) {
            for (int i = 0; i < length(s); i++) {
                ids[filled++] = id(document, pointer(s) + (long) i * type.bytes());
            }
        }
        return ids;
    }

    private void requireInside(long sequence) {
        long pointer = pointer(sequence);
        long length = length(sequence);
        long begin = sequence == 0 ? 0 : pointer(sequence - 1) + (long) length(sequence - 1) * type.bytes();
        if (length < 0 || pointer != begin || pointer > bin.byteSize() - length * type.bytes()) {
            throw Refused.invalid(
                    index,
                    "sequence " + sequence,
                    length + " ids at byte " + pointer,
                    "must lie in the " + bin.byteSize() + " bytes of tokens from byte " + begin
                            + " on, where the one before it ends");
        }
    }

    private int id(long document, long at) {
        long id = type.read(bin, at);
        if (id < 0 || id > Integer.MAX_VALUE) {
            throw Refused.invalid(index, "document " + document, "token id " + id, "must be from 0 to 2147483647");
        }
        return (int) id;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
