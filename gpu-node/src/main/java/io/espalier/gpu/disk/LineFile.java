package io.espalier.gpu.disk;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.function.Predicate;

/**
 * A file of lines to which whole lines are added. Half a line never stays: one that a kill has left is cut off when the file
 * is opened, and one that the disk did not take is written over by the next. One writer, who calls it from one thread at a
 * time.
 */
public final class LineFile implements AutoCloseable {
    private static final int BLOCK = 8192;

    private final Path file;
    private final FileAttribute<?>[] attributes;
    private FileChannel channel;
    /** Bytes of all whole lines. Bytes beyond them in the file belong to a line that the disk did not take. */
    private long length;

    private LineFile(Path file, FileAttribute<?>... attributes) throws IOException {
        this.file = file;
        this.attributes = attributes;
        open();
    }

    /**
     * Opens a file, or creates it.
     *
     * @param attributes of a file that is new
     */
    public static LineFile open(Path file, FileAttribute<?>... attributes) {
        try {
            return new LineFile(file, attributes);
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }

    private void open() throws IOException {
        channel = FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE), attributes);
        try {
            length = endOfWholeLines();
            if (length < channel.size()) {
                channel.truncate(length);
            }
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private long endOfWholeLines() throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        long end = channel.size();
        while (end > 0) {
            long from = Math.max(0, end - BLOCK);
            block.clear().limit((int) (end - from));
            while (block.hasRemaining() && channel.read(block, from + block.position()) >= 0) {
                // Read on.
            }
            for (int i = block.position() - 1; i >= 0; i--) {
                if (block.get(i) == '\n') {
                    return from + i + 1;
                }
            }
            end = from;
        }
        return 0;
    }

    /** Adds a line, given without its end; it outlives this process, and a loss of power after {@link #sync}. */
    public void add(String line) {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            FullDisk.check(file);
            if (!channel.isOpen()) {
                // Opening it after a replacement had failed.
                open();
            }
            long at = length;
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
            length = at;
        } catch (IOException e) {
            cut(e);
            throw DiskFault.failure(file, e);
        }
    }

    /**
     * Cuts off the part of a line that the disk did not take. If even that fails, the next line is written over the
     * part, or the next opening cuts it off.
     */
    private void cut(IOException failure) {
        try {
            if (channel.isOpen()) {
                channel.truncate(length);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /** All lines so far outlive a loss of power. */
    public void sync() {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }

    /** Bytes of all lines. */
    public long length() {
        return length;
    }

    /** Drops all lines but these, at once and for good. All of them are there still if that fails. */
    public void keep(Predicate<String> wanted) {
        replace(out -> {
            try (BufferedReader lines = reader(file)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (wanted.test(line)) {
                        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                    }
                }
            }
        });
    }

    /** Reads lines; bytes that are no text come as U+FFFD. */
    public static BufferedReader reader(Path file) throws IOException {
        return new BufferedReader(new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8));
    }

    /** Replaces all content, at once and for good. */
    public void replace(AtomicFile.Content content) {
        AtomicFile.write(file, content, attributes);
        try {
            channel.close();
            open();
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }
}
