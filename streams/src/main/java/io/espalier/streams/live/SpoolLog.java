package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
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
 * it began, so that those who wait for one share the next. After a failure of the disk nothing more is written.
 */
final class SpoolLog implements AutoCloseable {
    private static final String LOCK = "lock";

    private final Path directory;
    private final FileChannel lock;
    private final SpoolMarks marks;
    /** Held while the disk is forced; taken before {@code this}. */
    private final Object forcing = new Object();

    private final Deque<SpoolSegment> segments = new ArrayDeque<>();
    /** Forced, and closed by the next force. */
    private final List<FileChannel> left = new ArrayList<>();
    /** Of the segments before the last. */
    private long earlierBytes;

    private FileChannel file;
    private long length;
    private long next;
    private boolean broken;
    private boolean closed;

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
        FileChannel lock = lock(directory);
        try {
            SpoolLog log = new SpoolLog(directory, lock);
            try {
                log.recover(committed, found);
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
            // Of this process: told as any other's.
        }
        channel.close();
        throw new Refused(Refused.Reason.WRONG_STATE, directory + ": another process writes this spool");
    }

    private void recover(long committed, Consumer<SpoolFrame> found) throws IOException {
        long end = 0;
        for (SpoolSegment segment : SpoolSegment.list(directory)) {
            segments.add(segment);
            earlierBytes += length;
            try (SegmentReader reader = new SegmentReader(segment)) {
                for (SegmentReader.Found next = reader.next(); next != null; next = reader.next()) {
                    if (next instanceof SegmentReader.Whole(SpoolFrame frame)) {
                        found.accept(frame);
                    }
                }
                length = reader.position();
                end = reader.nextOffset();
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
        AtomicFile.sync(directory);
        earlierBytes += length;
        length = 0;
        segments.add(segment);
    }

    /** Begins the next segment. */
    synchronized void roll() {
        requireWhole();
        try {
            file.force(true);
            left.add(file);
            begin();
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** Writes records, which are on disk only after {@link #force}. */
    synchronized void append(List<SpoolRecord> records) {
        requireWhole();
        List<ByteBuffer> frames = new ArrayList<>();
        for (int i = 0; i < records.size(); i++) {
            frames.add(SpoolFrame.of(next + i, records.get(i)));
        }
        try {
            for (ByteBuffer frame : frames) {
                while (frame.hasRemaining()) {
                    length += file.write(frame, length);
                }
            }
            next += records.size();
        } catch (IOException e) {
            throw broken(e);
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
                last.force(false);
                for (FileChannel channel : done) {
                    channel.close();
                }
            } catch (IOException e) {
                synchronized (this) {
                    throw broken(e);
                }
            }
            marks.durable(covered);
        }
    }

    /** After a failed write or force nobody knows what the disk holds. */
    private UncheckedIOException broken(IOException e) {
        broken = true;
        return new UncheckedIOException(directory.toString(), e);
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

    /** Of all segments. */
    synchronized long bytes() {
        return earlierBytes + length;
    }

    /** Of the last one. */
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
                closed = true;
                try {
                    for (FileChannel channel : left) {
                        channel.close();
                    }
                    file.close();
                    marks.close();
                    lock.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(directory.toString(), e);
                }
            }
        }
    }
}
