package io.espalier.actors.daemon;

import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The daemon's state on disk: nobody but its user can read it. */
public record StateDirectory(Path path) {
    private static final Set<PosixFilePermission> DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");

    /**
     * The directory in which a daemon that was told no other keeps its state: {@code ESPALIER_STATE}, else below {@code
     * XDG_STATE_HOME}, else below the home directory.
     *
     * @param environment gives a variable's value, or null
     */
    public static Path usual(UnaryOperator<String> environment) {
        String named = environment.apply("ESPALIER_STATE");
        if (named != null && !named.isBlank()) {
            return Path.of(named).toAbsolutePath();
        }
        String states = environment.apply("XDG_STATE_HOME");
        Path parent = states != null && Path.of(states).isAbsolute()
                ? Path.of(states)
                : Path.of(System.getProperty("user.home"), ".local", "state");
        return parent.resolve("espalier");
    }

    /** Makes the directory where it is absent, and takes away what others may do in it. */
    static StateDirectory prepare(Path path) {
        try {
            Files.createDirectories(path.toAbsolutePath().getParent());
            try {
                Files.createDirectory(path, PosixFilePermissions.asFileAttribute(DIRECTORY));
            } catch (FileAlreadyExistsException e) {
                if (!Files.isDirectory(path)) {
                    throw Refused.invalid(path, "state", "a file", "must be a directory");
                }
                if (!Files.getPosixFilePermissions(path).equals(DIRECTORY)) {
                    Files.setPosixFilePermissions(path, DIRECTORY);
                }
            }
            return new StateDirectory(path.toRealPath());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of that name that only its owner reads, empty where it is new: whoever opens it keeps its permissions. */
    Path file(String name) {
        Path file = path.resolve(name);
        try {
            if (Files.exists(file)) {
                Files.setPosixFilePermissions(file, FILE);
            } else {
                Files.createFile(file, PosixFilePermissions.asFileAttribute(FILE));
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Replaces the file of that name, whole or not at all. */
    void replace(String name, byte[] content) {
        AtomicFile.write(path.resolve(name), content, PosixFilePermissions.asFileAttribute(FILE));
    }

    void remove(String name) {
        try {
            Files.deleteIfExists(path.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
