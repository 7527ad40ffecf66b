package io.espalier.actors.job;

import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.DirectoryTree;
import io.espalier.gpu.train.TrainingCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The checkpoints of one run: {@code checkpoints/step-NNNNNNNNN} in its directory. One process at a time may use it, or
 * several of one job where a coordinator says which of them may commit: then what the others leave is never loaded.
 */
final class CheckpointStore implements AutoCloseable {
    private static final String PREFIX = "step-";

    private final Path root;
    private final RunLock lock;
    private final CommitAuthority authority;

    /**
     * The directories that {@link #newest} has passed over, each with its reason; {@link #clear} puts them out of the
     * way.
     */
    private final Map<Path, String> passedOver = new LinkedHashMap<>();

    /** Opens the store of a run's directory; creates both where they are not there. */
    CheckpointStore(Path run, CommitAuthority authority) {
        this.authority = authority;
        this.root = run.resolve("checkpoints");
        try {
            Files.createDirectories(root);
        } catch (IOException e) {
            throw new UncheckedIOException(root.toString(), e);
        }
        this.lock = RunLock.take(run, root.resolve(".lock"), authority);
    }

    /** The path of the checkpoint of a step. */
    Path place(long step) {
        return root.resolve(name(step));
    }

    private static String name(long step) {
        return String.format(Locale.ROOT, "%s%09d", PREFIX, step);
    }

    /**
     * The newest checkpoint of the job's history that is whole, for the caller to close; null where there is none. Changes
     * nothing on disk, since this process may not be the job's.
     *
     * @param say told of each that is passed over
     */
    TrainingCheckpoint newest(Consumer<String> say) {
        for (Path path : newestFirst()) {
            try {
                if (foreign(path)) {
                    say.accept("checkpoint passed over: " + path + ": of a process that was not the job's any more");
                    passedOver.put(path, "foreign");
                } else {
                    return TrainingCheckpoint.open(path);
                }
            } catch (Refused damaged) {
                say.accept("checkpoint passed over: " + damaged.getMessage());
                passedOver.put(path, "damaged");
            }
        }
        return null;
    }

    private boolean foreign(Path checkpoint) {
        return !authority.owns(TrainingCheckpoint.originOf(checkpoint), step(checkpoint));
    }

    private static long step(Path checkpoint) {
        String name = checkpoint.getFileName().toString();
        try {
            return Long.parseLong(name.substring(PREFIX.length()));
        } catch (NumberFormatException e) {
            throw new Refused(Refused.Reason.VALIDATION, checkpoint + ": the name must be " + PREFIX + "NUMBER", e);
        }
    }

    /** Removes what killed processes left half written, and puts out of the way what {@link #newest} passed over. */
    void clear() {
        passedOver.forEach(this::setAside);
        passedOver.clear();
        list(name -> name.startsWith("." + PREFIX)).forEach(CheckpointStore::remove);
    }

    /** A checkpoint of another history, or half of one, makes room for that of this step. */
    void makeRoom(long step) {
        Path place = place(step);
        if (!Files.exists(place)) {
            return;
        }
        String why;
        try {
            why = foreign(place) ? "foreign" : null;
        } catch (Refused damaged) {
            why = "damaged";
        }
        if (why == null) {
            throw new Refused(Refused.Reason.WRONG_STATE, place + ": exists, and is part of the job's history");
        }
        setAside(place, why);
    }

    /** Out of the way of the checkpoint that will take its place, and there to be looked at. */
    private void setAside(Path checkpoint, String why) {
        try {
            Files.move(
                    checkpoint, root.resolve(why + "-" + System.currentTimeMillis() + "-" + checkpoint.getFileName()));
        } catch (IOException e) {
            throw new UncheckedIOException(checkpoint.toString(), e);
        }
    }

    /** The settings in the newest checkpoint of a run, whole or not; null where it has none. */
    static Path newestSettings(Path run) {
        long newest = newestStep(run);
        return newest == 0
                ? null
                : run.resolve("checkpoints").resolve(name(newest)).resolve(Checkpointer.SETTINGS_FILE);
    }

    /** Step of the newest checkpoint of a run, whole or not, by its name alone; 0 where there is none. */
    static long newestStep(Path run) {
        Path root = run.resolve("checkpoints");
        if (!Files.isDirectory(root)) {
            return 0;
        }
        try (Stream<Path> entries = Files.list(root)) {
            return entries.map(path -> path.getFileName().toString())
                    .filter(name -> name.matches(PREFIX + "\\d+"))
                    .mapToLong(name -> Long.parseLong(name.substring(PREFIX.length())))
                    .max()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(root.toString(), e);
        }
    }

    /** Removes all but the newest of the job's history. */
    void keep(int count) {
        newestFirst().stream().filter(this::ours).skip(count).forEach(old -> {
            remove(old);
            FaultPoint.CHECKPOINT_REMOVED.reached();
        });
    }

    private boolean ours(Path checkpoint) {
        try {
            return !foreign(checkpoint);
        } catch (Refused damaged) {
            // The next process to begin sets it aside, and says so.
            return false;
        }
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
        try {
            Files.deleteIfExists(checkpoint.resolve("manifest.json"));
            DirectoryTree.delete(checkpoint);
        } catch (IOException e) {
            throw new UncheckedIOException(checkpoint.toString(), e);
        }
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException(root.toString(), e);
        }
    }
}
