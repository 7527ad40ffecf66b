package io.espalier.gpu.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A directory in which a test has writes fail, as on a disk without room. Without one, nothing is checked. */
public final class FullDisk implements AutoCloseable {
    private static final Set<Path> FULL = ConcurrentHashMap.newKeySet();

    private final Path directory;

    private FullDisk(Path directory) {
        this.directory = directory;
    }

    /** All that is written in a directory or below it fails, until the answer is closed. */
    public static FullDisk below(Path directory) {
        FullDisk full = new FullDisk(directory.toAbsolutePath().normalize());
        FULL.add(full.directory);
        return full;
    }

    /** Refuses a write in a full directory; called before a file is written. */
    public static void check(Path file) throws IOException {
        if (!FULL.isEmpty()) {
            Path absolute = file.toAbsolutePath().normalize();
            if (FULL.stream().anyMatch(absolute::startsWith)) {
                throw new IOException(file + ": No space left on device");
            }
        }
    }

    @Override
    public void close() {
        FULL.remove(directory);
    }
}
