package io.espalier.actors.rank;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The memory that a process has, as Linux tells it. */
public final class ResidentMemory {
    private static final int KIB = 1024;

    private ResidentMemory() {}

    /**
     * Bytes of the pages that the system cannot take back. Mapped files are not counted: it drops theirs when it must.
     *
     * @throws IOException where the process has ended, or this is not Linux
     */
    public static long bytes(long pid) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
            return lines.filter(line -> line.startsWith("RssAnon:") || line.startsWith("RssShmem:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
                    .sum();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
