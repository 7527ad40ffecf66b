package io.espalier.gpu.cache;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.zip.CRC32C;

/**
 * The layout of an entry, little-endian: 8 bytes of magic, int32 version, int32 length of the identity, int64 length of
 * the payload, int64 CRC-32C of identity and payload; the identity in UTF-8, filled up with line feeds so that the payload
 * begins at a multiple of 64; the payload.
 */
final class StateFile {
    /** Says that a file's content is not the entry that its name promises. */
    static final class DamagedException extends IOException {
        private static final long serialVersionUID = 1L;

        DamagedException(String message) {
            super(message);
        }
    }

    private static final long MAGIC = 0x4554_4154_5350_5345L; // "ESPSTATE"
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 32;
    private static final int ALIGNMENT = 64;
    /** A ByteBuffer view of a segment holds less than 2 GiB. */
    private static final long MAX_VIEW_BYTES = 1L << 30;

    private StateFile() {}

    static long bytes(StateKey key, long payloadBytes) {
        return HEADER_BYTES + identity(key).length + payloadBytes;
    }

    private static byte[] identity(StateKey key) {
        byte[] text = key.identity().getBytes(StandardCharsets.UTF_8);
        int end = (HEADER_BYTES + text.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] padded = java.util.Arrays.copyOf(text, end - HEADER_BYTES);
        java.util.Arrays.fill(padded, text.length, padded.length, (byte) '\n');
        return padded;
    }

    private static ByteBuffer header(int identityBytes, long payloadBytes, long checksum) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return header.putLong(MAGIC)
                .putInt(VERSION)
                .putInt(identityBytes)
                .putLong(payloadBytes)
                .putLong(checksum)
                .flip();
    }

    /**
     * Writes a new file, without syncing it.
     *
     * @param payload hands its pieces, in order, to the consumer that it is given
     */
    static void write(Path file, StateKey key, long payloadBytes, Consumer<Consumer<MemorySegment>> payload)
            throws IOException {
        byte[] identity = identity(key);
        CRC32C checksum = new CRC32C();
        checksum.update(identity);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.position(HEADER_BYTES);
            writeAll(channel, ByteBuffer.wrap(identity));
            try {
                payload.accept(piece -> append(channel, checksum, piece));
            } catch (FailedPieceException e) {
                throw e.failure;
            }
            long written = channel.position() - HEADER_BYTES - identity.length;
            if (written != payloadBytes) {
                throw new IllegalArgumentException(
                        key.name() + ": a payload of " + written + " bytes, not " + payloadBytes);
            }
            channel.position(0);
            writeAll(channel, header(identity.length, payloadBytes, checksum.getValue()));
        }
    }

    /** Carries a failure through a consumer that declares none. */
    private static final class FailedPieceException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final IOException failure;

        FailedPieceException(IOException failure) {
            super(failure);
            this.failure = failure;
        }
    }

    private static void append(FileChannel channel, CRC32C checksum, MemorySegment piece) {
        try {
            for (long at = 0; at < piece.byteSize(); at += MAX_VIEW_BYTES) {
                ByteBuffer view = view(piece, at);
                checksum.update(view.duplicate());
                writeAll(channel, view);
            }
        } catch (IOException e) {
            throw new FailedPieceException(e);
        }
    }

    private static ByteBuffer view(MemorySegment bytes, long at) {
        return bytes.asSlice(at, Math.min(MAX_VIEW_BYTES, bytes.byteSize() - at))
                .asByteBuffer();
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /**
     * Maps a file, checks all of it, and hands its payload to {@code use}, valid only during the call.
     *
     * @throws java.nio.file.NoSuchFileException where there is none
     * @throws DamagedException where it is not the entry of the key
     */
    static <T> T read(Path file, StateKey key, long payloadBytes, Function<MemorySegment, T> use) throws IOException {
        byte[] identity = identity(key);
        try (FileChannel channel = FileChannel.open(file);
                Arena arena = Arena.ofConfined()) {
            long expected = HEADER_BYTES + identity.length + payloadBytes;
            if (channel.size() != expected) {
                throw new DamagedException(channel.size() + " bytes, not " + expected);
            }
            MemorySegment whole = channel.map(FileChannel.MapMode.READ_ONLY, 0, expected, arena);
            MemorySegment body = whole.asSlice(HEADER_BYTES);
            CRC32C checksum = new CRC32C();
            for (long at = 0; at < body.byteSize(); at += MAX_VIEW_BYTES) {
                checksum.update(view(body, at));
            }
            ByteBuffer header = header(identity.length, payloadBytes, checksum.getValue());
            if (whole.asSlice(0, HEADER_BYTES).mismatch(MemorySegment.ofBuffer(header)) >= 0) {
                throw new DamagedException("its header or its CRC-32C does not fit");
            }
            if (body.asSlice(0, identity.length).mismatch(MemorySegment.ofArray(identity)) >= 0) {
                throw new DamagedException("it is the entry of another key");
            }
            return use.apply(body.asSlice(identity.length));
        }
    }
}
