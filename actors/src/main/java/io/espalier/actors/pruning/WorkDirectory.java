package io.espalier.actors.pruning;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A hidden directory beside an output, for what is needed only until that is written. */
final class WorkDirectory implements AutoCloseable {
    private final Path path;

    WorkDirectory(Path output) throws IOException {
        Path absolute = output.toAbsolutePath().normalize();
        Files.createDirectories(absolute.getParent());
        this.path = Files.createTempDirectory(absolute.getParent(), "." + absolute.getFileName() + ".work-");
    }

    Path path() {
        return path;
    }

    /** An empty directory within. */
    Path fresh(String prefix) throws IOException {
        return Files.createTempDirectory(path, prefix);
    }

    /** Removes a directory and all that it holds. */
    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    public void close() throws IOException {
        delete(path);
    }
}
