package io.espalier.streams.transport;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.agrona.IoUtil;

/**
 * Where an embedded driver's files lie: a directory for each driver, in memory where the system can. Its name says whose it
 * is, so that the next process can remove what one that was killed has left: {@code espalier-aeron-NAMESPACE-PID-START-N}.
 * The namespace is that of process numbers: containers that share the memory do not know each other's processes.
 */
final class DriverDirectory {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final String PREFIX = "espalier-aeron-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "(\\w+)-(\\d+)-(\\d+)-\\d+");
    private static final AtomicInteger DRIVERS = new AtomicInteger();

    private DriverDirectory() {}

    /** A name for this process's next driver, after those of dead processes are gone. */
    static Path next() {
        Path parent = parent();
        sweep(parent);
        ProcessHandle self = ProcessHandle.current();
        return parent.resolve(
                PREFIX + namespace() + "-" + self.pid() + "-" + started(self) + "-" + DRIVERS.incrementAndGet());
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

    /** Removes a driver's files. What another user or process removes first is no concern of ours. */
    static void remove(Path directory) {
        File file = directory.toFile();
        IoUtil.delete(file, true);
    }

    private static boolean isOfDeadProcess(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches() || !matcher.group(1).equals(namespace())) {
            return false;
        }
        long start = Long.parseLong(matcher.group(3));
        return ProcessHandle.of(Long.parseLong(matcher.group(2)))
                .filter(process -> started(process) == start)
                .isEmpty();
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::getEpochSecond).orElse(0L);
    }

    private static String namespace() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/ns/pid"))
                    .toString()
                    .replaceAll("\\D", "");
        } catch (IOException | UnsupportedOperationException e) {
            // Not Linux: there is but one.
            return "0";
        }
    }
}
