package io.espalier.gpu.checkpoint;

import static io.espalier.gpu.Refused.setting;

import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DirectoryTree;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.disk.FullDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A model directory that is complete or does not look like one: it is filled beside its place, synced, and renamed; where
 * its place already holds the records of a run, its files are renamed into it, config.json last. Closing it before
 * {@link #commit} removes what was written.
 */
public final class StagedDirectory implements AutoCloseable {
    private static final String MARKER = "config.json";

    private final Path target;
    private final Path staging;
    private boolean committed;

    private StagedDirectory(Path target, Path staging) {
        this.target = target;
        this.staging = staging;
    }

    /**
     * Starts a directory.
     *
     * @param target must not hold a model
     * @param bytesNeeded refused when the disk has less left; 0 when unknown
     */
    public static StagedDirectory create(Path target, long bytesNeeded) {
        Path absolute = target.toAbsolutePath().normalize();
        requireNoModel(absolute);
        try {
            FullDisk.check(absolute);
            Files.createDirectories(absolute.getParent());
            requireSpace(absolute.getParent(), bytesNeeded);
            String unique = ProcessHandle.current().pid() + "-" + System.nanoTime();
            Path staging = absolute.resolveSibling("." + absolute.getFileName() + ".tmp-" + unique);
            return new StagedDirectory(absolute, Files.createDirectory(staging));
        } catch (IOException e) {
            throw DiskFault.failure(target, e);
        }
    }

    /** Refuses a directory that holds a model. */
    public static void requireNoModel(Path target) {
        if (Files.exists(target.resolve(MARKER))) {
            throw exists(target);
        }
    }

    /** Refuses a target that exists, unless it is an empty directory. */
    public static void requireFree(Path target) {
        if (!Files.exists(target)) {
            return;
        }
        try (Stream<Path> entries = Files.isDirectory(target) ? Files.list(target) : Stream.of(target)) {
            if (entries.findAny().isPresent()) {
                throw exists(target);
            }
        } catch (IOException e) {
            throw DiskFault.failure(target, e);
        }
    }

    /** Refuses a disk with less room than is needed. */
    static void requireSpace(Path directory, long bytesNeeded) throws IOException {
        long usable = Files.getFileStore(directory).getUsableSpace();
        if (usable < bytesNeeded) {
            String what = directory + ": the disk has " + usable + " bytes left: " + bytesNeeded + " are needed";
            throw new Refused(Refused.Reason.TRY_AGAIN, what, new DiskFault.NoRoom(what));
        }
    }

    private static Refused exists(Path target) {
        return new Refused(
                Refused.Reason.WRONG_STATE,
                target + ": exists: " + setting("out") + " must name a directory that does not");
    }

    /** The directory to write to until the commit. */
    public Path path() {
        return staging;
    }

    /** Syncs every file and puts the directory in its place. */
    public void commit() {
        try {
            syncAll();
            if (Files.isDirectory(target)) {
                moveInto();
            } else {
                Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
            }
            committed = true;
            AtomicFile.sync(target.getParent());
        } catch (FileAlreadyExistsException e) {
            throw taken(e);
        } catch (IOException e) {
            throw DiskFault.failure(target, e);
        }
    }

    /**
     * Syncs every file and puts the directory in its place by one rename, whatever other processes do; nothing that is there
     * is touched.
     *
     * @param before called between the two; may throw
     * @throws Refused where the place is taken
     */
    public void commitWhole(Runnable before) {
        try {
            syncAll();
            before.run();
            Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
            committed = true;
            AtomicFile.sync(target.getParent());
        } catch (IOException e) {
            throw Files.exists(target) && !committed ? taken(e) : DiskFault.failure(target, e);
        }
    }

    private Refused taken(IOException cause) {
        return new Refused(Refused.Reason.WRONG_STATE, target + ": has come to exist meanwhile", cause);
    }

    private void syncAll() throws IOException {
        for (Path file : files()) {
            AtomicFile.sync(file);
        }
        AtomicFile.sync(staging);
    }

    /** Moves the files into their place, config.json last: no directory passes for a model without it. */
    private void moveInto() throws IOException {
        List<Path> files = new ArrayList<>(files());
        files.sort(Comparator.comparing(file -> file.getFileName().toString().equals(MARKER)));
        for (Path file : files) {
            Path place = target.resolve(staging.relativize(file));
            Files.createDirectories(place.getParent());
            Files.move(file, place, StandardCopyOption.ATOMIC_MOVE);
            if (!place.getParent().equals(target)) {
                AtomicFile.sync(place.getParent());
            }
        }
        AtomicFile.sync(target);
        DirectoryTree.delete(staging);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> tree = Files.walk(staging)) {
            return tree.filter(Files::isRegularFile).toList();
        }
    }

    @Override
    public void close() {
        if (committed || !Files.exists(staging)) {
            return;
        }
        try {
            DirectoryTree.delete(staging);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + staging, e);
        }
    }
}
