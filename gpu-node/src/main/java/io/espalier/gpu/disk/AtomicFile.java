package io.espalier.gpu.disk;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;

/**
 * Files that are there whole or as they were, whatever happens while they are written: content goes to a file beside the
 * place, is synced, renamed, and the directory synced. One writer of a file at a time.
 */
public final class AtomicFile {
    private AtomicFile() {}

    /** The content of a file, which writes itself to a stream. */
    @FunctionalInterface
    public interface Content {
        void to(OutputStream out) throws IOException;
    }

    /** Writes a text; it is on disk when this returns. */
    public static void write(Path file, String content) {
        write(file, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes bytes; they are on disk when this returns. */
    public static void write(Path file, byte[] content, FileAttribute<?>... attributes) {
        write(file, out -> out.write(content), attributes);
    }

    /**
     * Writes a file, which is on disk when this returns.
     *
     * @param attributes of the new file
     * @throws io.espalier.gpu.Refused as {@code TRY_AGAIN} where the disk does not take it
     * @throws java.io.UncheckedIOException for any other reason
     */
    public static void write(Path file, Content content, FileAttribute<?>... attributes) {
        Path next = beside(file);
        try {
            try {
                FullDisk.check(file);
                Files.deleteIfExists(next);
                writeSynced(next, content, attributes);
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException | RuntimeException e) {
                removeLeft(next, e);
                throw e;
            }
            sync(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }

    private static void writeSynced(Path next, Content content, FileAttribute<?>... attributes) throws IOException {
        try (FileChannel channel = FileChannel.open(
                        next, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes);
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel))) {
            content.to(out);
            out.flush();
            channel.force(true);
        }
    }

    /**
     * Makes a link at once, and for good.
     *
     * @param target as the link says it
     */
    public static void link(Path link, Path target) {
        Path next = beside(link);
        try {
            FullDisk.check(link);
            Files.deleteIfExists(next);
            Files.createSymbolicLink(next, target);
            Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
            sync(link.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw DiskFault.failure(link, e);
        }
    }

    /** Puts a finished file or directory in its place, for good. Its content is synced already. */
    public static void move(Path finished, Path place) throws IOException {
        FullDisk.check(place);
        Files.move(finished, place, StandardCopyOption.ATOMIC_MOVE);
        sync(place.toAbsolutePath().getParent());
    }

    /** Makes a file's content, or a directory's entries, outlive a loss of power. */
    public static void sync(Path path) throws IOException {
        boolean directory = Files.isDirectory(path);
        try (FileChannel channel =
                FileChannel.open(path, directory ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Hidden, so that nobody takes it for the file. */
    private static Path beside(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".tmp");
    }

    /** Half a file would only take room. */
    private static void removeLeft(Path next, Exception failure) {
        try {
            Files.deleteIfExists(next);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
