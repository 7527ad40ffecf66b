package io.espalier.streams.transport;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.agrona.IoUtil;

/**
 * Where an embedded driver's files lie: a directory for each driver, in memory where the system can. Its name says whose it
 * is, so that the next process can remove what one that was killed has left: {@code espalier-aeron-NAMESPACE-PID-START-N}.
 */
final class DriverDirectory {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final String PREFIX = "espalier-aeron-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "(.+)-\\d+");
    private static final AtomicInteger DRIVERS = new AtomicInteger();

    private DriverDirectory() {}

    /** A name for this process's next driver, after those of dead processes are gone. */
    static Path next() {
        Path parent = parent();
        sweep(parent);
        return parent.resolve(PREFIX + ProcessName.self() + "-" + DRIVERS.incrementAndGet());
    }

    static Path parent() {
        return Files.isWritable(SHARED_MEMORY) ? SHARED_MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
    }

    static void sweep(Path parent) {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path directory : left) {
                if (isOfDeadProcess(directory.getFileName().toString())) {
                    remove(directory);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets nobody in but this user: what lies there is not sealed. */
    static void close(Path directory) {
        try {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes a driver's files. What another user or process removes first is no concern of ours. */
    static void remove(Path directory) {
        File file = directory.toFile();
        IoUtil.delete(file, true);
    }

    private static boolean isOfDeadProcess(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches()
                && ProcessName.of(matcher.group(1)).filter(ProcessName::isDead).isPresent();
    }
}
