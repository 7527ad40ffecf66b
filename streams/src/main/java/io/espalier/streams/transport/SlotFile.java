package io.espalier.streams.transport;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory that a sender and its receiver have both mapped, for the payload of one frame at a time. Its first page says whose
 * turn it is: at 0 the sender may fill it; at n frame n is being filled, or waits; at -n its receiver has taken frame n, and
 * says 0 when it needs it no longer. The mapping ends with its last user; the file's name may be gone long before.
 */
final class SlotFile {
    private static final int PAYLOAD_AT = 4096;
    private static final long TURN_AT = 0;
    private static final VarHandle TURN = ValueLayout.JAVA_LONG.varHandle();
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(256 << 10).asReadOnlyBuffer();

    private final Arena arena;
    private final MemorySegment turn;
    private final MemorySegment payload;
    private final ByteBuffer view;
    private final AtomicLong mapped;
    private final AtomicInteger users = new AtomicInteger(1);

    private SlotFile(Arena arena, MemorySegment whole, AtomicLong mapped) {
        this.arena = arena;
        this.turn = whole.asSlice(0, PAYLOAD_AT);
        this.payload = whole.asSlice(PAYLOAD_AT);
        this.view = payload.asByteBuffer();
        this.mapped = mapped;
        mapped.addAndGet(payload.byteSize());
    }

    /**
     * Makes a new one, of this user alone, and takes all of its memory at once: what is missing later would end the process.
     *
     * @param mapped what this process has mapped, in bytes
     */
    static SlotFile create(Path path, long bytes, AtomicLong mapped) throws IOException {
        try (FileChannel channel = FileChannel.open(
                path,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            long size = PAYLOAD_AT + bytes;
            while (channel.position() < size) {
                channel.write(ZEROS.slice(0, (int) Math.min(ZEROS.capacity(), size - channel.position())));
            }
            return map(channel, mapped);
        } catch (IOException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    /** Maps a sender's. */
    static SlotFile open(Path path, AtomicLong mapped) throws IOException {
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            return map(channel, mapped);
        }
    }

    // Closed by the last user.
    @SuppressWarnings("MustBeClosedChecker")
    private static SlotFile map(FileChannel channel, AtomicLong mapped) throws IOException {
        long size = channel.size();
        if (size <= PAYLOAD_AT || size - PAYLOAD_AT > TransportSettings.LARGEST) {
            throw new IOException("a slot of " + size + " bytes");
        }
        Arena arena = Arena.ofShared();
        try {
            return new SlotFile(arena, channel.map(FileChannel.MapMode.READ_WRITE, 0, size, arena), mapped);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    MemorySegment payload() {
        return payload;
    }

    /** All of the payload, for checksums. Of one thread. */
    ByteBuffer view() {
        return view;
    }

    long bytes() {
        return payload.byteSize();
    }

    long turn() {
        return (long) TURN.getAcquire(turn, TURN_AT);
    }

    /** Says whose turn it is, which is the sender's to say while nothing has been taken. */
    void say(long next) {
        TURN.setRelease(turn, TURN_AT, next);
    }

    /** Takes a waiting frame; false if it does not wait here, or for another. */
    boolean take(long frame) {
        return TURN.compareAndSet(turn, TURN_AT, frame, -frame);
    }

    /** Whether a frame that was taken is still there. */
    boolean isTaken(long frame) {
        return turn() == -frame;
    }

    /** Gives the slot back to its sender, if it is still this frame's. */
    void giveBack(long frame) {
        TURN.compareAndSet(turn, TURN_AT, -frame, 0L);
    }

    /** Takes back what nobody has taken. */
    void takeBack(long frame) {
        TURN.compareAndSet(turn, TURN_AT, frame, 0L);
    }

    /** One more user, while there is one. */
    void use() {
        users.incrementAndGet();
    }

    /** One user less. */
    void release() {
        if (users.decrementAndGet() == 0) {
            mapped.addAndGet(-payload.byteSize());
            arena.close();
        }
    }
}
