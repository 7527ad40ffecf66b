package io.espalier.actors.job;

import io.espalier.gpu.disk.DirectoryTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory for files that are needed only until the work is done; its maker closes it, which removes it. */
public final class WorkDirectory implements AutoCloseable {
    private final Path path;

    private WorkDirectory(Path path) {
        this.path = path;
    }

    /** Makes a hidden directory beside an output, on the same disk. */
    public static WorkDirectory beside(Path output) throws IOException {
        Path absolute = output.toAbsolutePath().normalize();
        Files.createDirectories(absolute.getParent());
        return new WorkDirectory(
                Files.createTempDirectory(absolute.getParent(), "." + absolute.getFileName() + ".work-"));
    }

    /** Makes a directory where the system keeps temporary files, for work that has no output. */
    public static WorkDirectory temporary(String prefix) throws IOException {
        return new WorkDirectory(Files.createTempDirectory(prefix));
    }

    public Path path() {
        return path;
    }

    /** Makes an empty directory within. */
    public Path fresh(String prefix) throws IOException {
        return Files.createTempDirectory(path, prefix);
    }

    @Override
    public void close() throws IOException {
        DirectoryTree.delete(path);
    }
}
