package io.espalier.actors.job;

import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.Refused;
import io.espalier.gpu.train.TrainingCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The checkpoints of one run: {@code checkpoints/step-NNNNNNNNN} in its directory, which one process at a time may use. */
final class CheckpointStore implements AutoCloseable {
    private static final String PREFIX = "step-";

    private final Path root;
    private final FileChannel lockFile;
    private final FileLock lock;

    /** Opens the store of a run's directory; creates both where they are not there. */
    CheckpointStore(Path run) {
        this.root = run.resolve("checkpoints");
        Path file = root.resolve(".lock");
        try {
            Files.createDirectories(root);
            this.lockFile = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            this.lock = tryLock();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
        if (lock == null) {
            close();
            throw new Refused(Refused.Reason.WRONG_STATE, run + ": is in use by another process");
        }
    }

    private FileLock tryLock() throws IOException {
        try {
            return lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** Where the checkpoint of a step goes. */
    Path place(long step) {
        return root.resolve(String.format(Locale.ROOT, "%s%09d", PREFIX, step));
    }

    /**
     * The newest checkpoint that is whole, for the caller to close; null where there is none.
     *
     * @param say told of each that is not
     */
    TrainingCheckpoint newest(Consumer<String> say) {
        for (Path path : newestFirst()) {
            try {
                return TrainingCheckpoint.open(path);
            } catch (Refused damaged) {
                say.accept("checkpoint passed over: " + damaged.getMessage());
                setAside(path);
            }
        }
        return null;
    }

    /** Out of the way of the checkpoint that will take its place, and there to be looked at. */
    private void setAside(Path damaged) {
        try {
            Files.move(damaged, root.resolve("damaged-" + System.currentTimeMillis() + "-" + damaged.getFileName()));
        } catch (IOException e) {
            throw new UncheckedIOException(damaged.toString(), e);
        }
    }

    /** Removes all but the newest. */
    void keep(int count) {
        newestFirst().stream().skip(count).forEach(old -> {
            remove(old);
            FaultPoint.CHECKPOINT_REMOVED.reached();
        });
    }

    /** Removes what killed processes left half written. */
    void sweep() {
        list(name -> name.startsWith("." + PREFIX)).forEach(CheckpointStore::remove);
    }

    private List<Path> newestFirst() {
        return list(name -> name.startsWith(PREFIX)).reversed();
    }

    private List<Path> list(java.util.function.Predicate<String> wanted) {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(path -> wanted.test(path.getFileName().toString()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(root.toString(), e);
        }
    }

    /** The manifest first, so that half a checkpoint never passes for one. */
    private static void remove(Path checkpoint) {
        try (Stream<Path> tree = Files.walk(checkpoint)) {
            Files.deleteIfExists(checkpoint.resolve("manifest.json"));
            for (Path file : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(checkpoint.toString(), e);
        }
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException(root.toString(), e);
        }
    }
}
