package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.disk.FullDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * The segments of a spool as its writer has them. Appends are written in turn; a force covers all that were written when
 * it began, so that those who wait for one share the next. Records that the disk has no room for are taken back; after a
 * failed force nothing more is written, and the spool must be opened again.
 */
final class SpoolLog implements AutoCloseable {
    private static final String LOCK = "lock";
    /** Names the forcing where a test lets the disk fail. */
    static final String FORCED = "forced";

    private final Path directory;
    private final FileChannel lock;
    private final SpoolMarks marks;
    /** Held while the disk is forced; taken before {@code this}. */
    private final Object forcing = new Object();

    private final Deque<SpoolSegment> segments = new ArrayDeque<>();
    /** The open files of full segments; the next force covers and closes them. */
    private final List<FileChannel> left = new ArrayList<>();
    /** The bytes of the segments before the last. */
    private long earlierBytes;

    private FileChannel file;
    private long length;
    private long next;
    private boolean broken;
    private boolean closed;
    private long heldAtClose;

    private SpoolLog(Path directory, FileChannel lock) throws IOException {
        this.directory = directory;
        this.lock = lock;
        this.marks = SpoolMarks.forWriter(directory);
    }

    /**
     * Opens the segments.
     *
     * @param committed no number below it is given again
     * @param found told of each record that is there
     */
    static SpoolLog open(Path directory, long committed, Consumer<SpoolFrame> found) throws IOException {
        return open(directory, committed, Long.MAX_VALUE, found);
    }

    /**
     * Opens the segments after the disk has failed: records that the disk may not hold are cut off.
     *
     * @param end of the records that the disk is known to hold
     */
    static SpoolLog open(Path directory, long committed, long end, Consumer<SpoolFrame> found) throws IOException {
        FileChannel lock = lock(directory);
        try {
            SpoolLog log = new SpoolLog(directory, lock);
            try {
                log.recover(committed, end, found);
                return log;
            } catch (IOException | RuntimeException e) {
                log.marks.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static FileChannel lock(Path directory) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException _) {
            // This process holds the lock, and is told of as any other would be.
        }
        channel.close();
        throw new Refused(Refused.Reason.WRONG_STATE, directory + ": another process writes this spool");
    }

    private void recover(long committed, long cut, Consumer<SpoolFrame> found) throws IOException {
        long end = 0;
        for (SpoolSegment segment : SpoolSegment.list(directory)) {
            segments.add(segment);
            earlierBytes += length;
            try (SegmentReader reader = new SegmentReader(segment)) {
                length = 0;
                for (SegmentReader.Found next = reader.next();
                        next != null && reader.nextOffset() <= cut;
                        next = reader.next()) {
                    if (next instanceof SegmentReader.Whole(SpoolFrame frame)) {
                        found.accept(frame);
                    }
                    length = reader.position();
                    end = reader.nextOffset();
                }
                end = Math.max(end, segment.first());
            }
        }
        // Numbers that may have been acknowledged or read are not given to other records, whatever was lost.
        next = Math.max(end, Math.max(committed, marks.durable()));
        if (segments.isEmpty() || next > end) {
            begin();
        } else {
            file = FileChannel.open(segments.getLast().file(), StandardOpenOption.WRITE);
            file.truncate(length);
            file.force(true);
        }
        marks.durable(next);
    }

    private void begin() throws IOException {
        SpoolSegment segment = SpoolSegment.of(directory, next);
        file = FileChannel.open(segment.file(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            AtomicFile.sync(directory);
        } catch (IOException e) {
            file.close();
            Files.deleteIfExists(segment.file());
            throw e;
        }
        earlierBytes += length;
        length = 0;
        segments.add(segment);
    }

    /** Begins the next segment. */
    synchronized void roll() {
        requireWhole();
        FileChannel full = file;
        try {
            full.force(true);
        } catch (IOException e) {
            throw broken(e);
        }
        try {
            FullDisk.check(directory);
            held(next);
            begin();
            left.add(full);
        } catch (IOException e) {
            // The one that is full goes on being the last: there is no room for another yet.
            file = full;
            throw DiskFault.failure(directory, e);
        }
    }

    /** Writes records, which are on disk only after {@link #force}. */
    synchronized void append(List<SpoolRecord> records) {
        requireWhole();
        List<ByteBuffer> frames = new ArrayList<>();
        for (int i = 0; i < records.size(); i++) {
            frames.add(SpoolFrame.of(next + i, records.get(i)));
        }
        long before = length;
        try {
            FullDisk.check(directory);
            for (ByteBuffer frame : frames) {
                while (frame.hasRemaining()) {
                    length += file.write(frame, length);
                }
            }
            next += records.size();
        } catch (IOException e) {
            throw takenBack(before, e);
        }
    }

    /** All that has been written is on disk when it returns. */
    void force() {
        long written;
        synchronized (this) {
            written = next;
        }
        synchronized (forcing) {
            FileChannel last;
            long covered;
            List<FileChannel> done;
            synchronized (this) {
                requireWhole();
                if (marks.durable() >= written) {
                    return;
                }
                last = file;
                covered = next;
                done = List.copyOf(left);
                left.clear();
            }
            try {
                FullDisk.check(directory.resolve(FORCED));
                last.force(false);
                for (FileChannel channel : done) {
                    channel.close();
                }
            } catch (IOException e) {
                synchronized (this) {
                    throw broken(e);
                }
            }
            held(covered);
        }
    }

    /** Cuts off bytes of records that the disk did not take, so that the spool is as good as before. */
    private RuntimeException takenBack(long before, IOException e) {
        length = before;
        try {
            file.truncate(before);
        } catch (IOException more) {
            e.addSuppressed(more);
            broken = true;
        }
        return DiskFault.failure(directory, e);
    }

    /** Marks the log as broken: after a failed force nobody knows what the disk holds. */
    private RuntimeException broken(IOException e) {
        broken = true;
        return DiskFault.failure(directory, e);
    }

    /** Whether the log must be opened again, since its disk has failed. */
    synchronized boolean isBroken() {
        return broken;
    }

    /** The number behind the last record that the disk is known to hold, also after the log is closed. */
    synchronized long durable() {
        return closed ? heldAtClose : marks.durable();
    }

    private synchronized void held(long end) {
        if (!closed && end > marks.durable()) {
            marks.durable(end);
        }
    }

    private void requireWhole() {
        if (broken || closed) {
            throw new UncheckedIOException(new IOException(
                    directory + (closed ? " is closed" : " is of no use since its disk failed: open it again")));
        }
    }

    /** Deletes segments that end before a record. */
    synchronized void forget(long before) {
        try {
            while (segments.size() > 1 && second().first() <= before) {
                SpoolSegment oldest = segments.poll();
                earlierBytes -= Files.size(oldest.file());
                Files.delete(oldest.file());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    private SpoolSegment second() {
        return segments.stream().skip(1).findFirst().orElseThrow();
    }

    synchronized long next() {
        return next;
    }

    /** The bytes of all segments. */
    synchronized long bytes() {
        return earlierBytes + length;
    }

    /** The bytes of the last segment. */
    synchronized long segmentBytes() {
        return length;
    }

    @Override
    public void close() {
        synchronized (forcing) {
            synchronized (this) {
                if (closed) {
                    return;
                }
                heldAtClose = marks.durable();
                closed = true;
                // The lock in any case: a spool whose disk has failed is opened again.
                try (lock;
                        marks;
                        FileChannel _ = file) {
                    for (FileChannel channel : left) {
                        channel.close();
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(directory.toString(), e);
                }
            }
        }
    }
}
