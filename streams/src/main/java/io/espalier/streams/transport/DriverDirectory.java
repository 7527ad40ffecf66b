package io.espalier.streams.transport;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of this process alone, in a folder that others may write to. Nobody can foresee its name, only this user may enter
 * it, and a file in it is locked for as long as the process lives. A directory of this user whose lock is free is therefore a
 * dead process's, whatever the clocks say, and is removed; nothing else is, and no link is followed.
 */
final class DriverDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DriverDirectory.class);
    private static final String PREFIX = "espalier-aeron-";
    private static final String LOCK = "lock";
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");
    private static final FileAttribute<?> CLOSED_TO_OTHERS = PosixFilePermissions.asFileAttribute(PRIVATE);
    /** The system frees all of a process's locks on a file when the process closes that file once: these are let alone. */
    private static final Set<Path> OWN = new HashSet<>();

    private final Path path;
    private final FileChannel lock;

    private DriverDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Makes one, after those that dead processes have left in the same folder are gone. */
    static DriverDirectory create(Path folder) throws IOException {
        synchronized (OWN) {
            Path path = Files.createTempDirectory(folder.toRealPath(), PREFIX, CLOSED_TO_OTHERS);
            try {
                DriverDirectory made = new DriverDirectory(path, locked(path));
                OWN.add(path);
                sweep(path);
                return made;
            } catch (IOException e) {
                remove(path);
                throw e;
            }
        }
    }

    /** The lock has its name once it is held, so that nobody finds it free before. */
    private static FileChannel locked(Path path) throws IOException {
        Path unnamed = path.resolve(LOCK + ".new");
        FileChannel channel = FileChannel.open(unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            if (!isTaken(channel)) {
                throw new IOException(unnamed + " is locked by another process");
            }
            Files.move(unnamed, path.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean isTaken(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** Removes what dead processes of the user of {@code own} have left beside it. */
    private static void sweep(Path own) {
        try (DirectoryStream<Path> others = Files.newDirectoryStream(own.getParent(), PREFIX + "*")) {
            Object user = Files.getAttribute(own, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            for (Path other : others) {
                if (!OWN.contains(other) && isPrivate(other, user)) {
                    removeIfDead(other);
                }
            }
        } catch (IOException e) {
            LOG.warn(
                    "transport: what dead processes have left in {} is not removed: {}", own.getParent(), e.toString());
        }
    }

    private static boolean isPrivate(Path path, Object user) {
        try {
            PosixFileAttributes found =
                    Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return found.isDirectory()
                    && found.permissions().equals(PRIVATE)
                    && Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)
                            .equals(user);
        } catch (IOException e) {
            // It has gone meanwhile.
            return false;
        }
    }

    private static void removeIfDead(Path path) {
        try (FileChannel channel =
                FileChannel.open(path.resolve(LOCK), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (isTaken(channel)) {
                remove(path);
            }
        } catch (IOException e) {
            LOG.debug("transport: {} stays: {}", path, e.toString());
        }
    }

    /** Removes a directory of our own; a link in it is removed, and what it leads to is not. */
    private static void remove(Path path) throws IOException {
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Whether a directory that somebody else names is this user's, and closed to all others. */
    static boolean isOurs(Path path) {
        try {
            return isPrivate(path, Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException e) {
            return false;
        }
    }

    /** The directory that a media driver makes for its files, which nobody else can reach. */
    Path driver() {
        return path.resolve("driver");
    }

    /** Shuts the driver's directory to others too, so that whoever is given its name can see that it is ours. */
    void shut() throws IOException {
        Files.setPosixFilePermissions(driver(), PRIVATE);
    }

    @Override
    public void close() {
        synchronized (OWN) {
            try (lock) {
                remove(path);
            } catch (IOException e) {
                LOG.warn("transport: {} is not removed: {}", path, e.toString());
            }
            OWN.remove(path);
        }
    }
}
