package io.espalier.streams.live;

import io.espalier.gpu.disk.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The number up to which a spool's records are on disk, in memory that writer and reader share, so that no reader takes
 * a record that a power failure could still take back. A file beside it holds the number up to which the reader's
 * checkpoints are.
 */
final class SpoolMarks implements AutoCloseable {
    private static final String DURABLE = "durable";
    private static final String COMMITTED = "committed";
    private static final Logger LOG = LoggerFactory.getLogger(SpoolMarks.class);
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment durable;

    private SpoolMarks(Path directory, FileChannel.MapMode mode, StandardOpenOption... options) throws IOException {
        try (FileChannel file = FileChannel.open(directory.resolve(DURABLE), options)) {
            this.durable = file.map(mode, 0, Long.BYTES, arena);
        } catch (IOException e) {
            arena.close();
            throw e;
        }
    }

    /** Opens the marks as the spool's writer. */
    static SpoolMarks forWriter(Path directory) throws IOException {
        try (FileChannel file =
                FileChannel.open(directory.resolve(DURABLE), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (file.size() < Long.BYTES) {
                file.write(ByteBuffer.allocate(Long.BYTES), 0);
            }
        }
        return new SpoolMarks(
                directory, FileChannel.MapMode.READ_WRITE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Opens the marks as the spool's reader; null where no writer has made the spool yet. */
    static SpoolMarks forReader(Path directory) {
        Path file = directory.resolve(DURABLE);
        try {
            return Files.exists(file) && Files.size(file) >= Long.BYTES
                    ? new SpoolMarks(directory, FileChannel.MapMode.READ_ONLY, StandardOpenOption.READ)
                    : null;
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** The number behind the last record that is on disk. */
    long durable() {
        return (long) LONG.getAcquire(durable, 0L);
    }

    void durable(long next) {
        LONG.setRelease(durable, 0L, next);
    }

    /** The number before which no record will be asked for; 0 at first. */
    static long committed(Path directory) {
        Path file = directory.resolve(COMMITTED);
        try {
            return Files.exists(file) ? Long.parseLong(Files.readString(file).strip()) : 0;
        } catch (NumberFormatException | MalformedInputException damaged) {
            // The reader's next checkpoint writes it anew; until then more is kept than need be.
            LOG.warn("{} is damaged: taken for 0 until the next checkpoint", file);
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    static void committed(Path directory, long next) {
        AtomicFile.write(directory.resolve(COMMITTED), (next + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() {
        arena.close();
    }
}
