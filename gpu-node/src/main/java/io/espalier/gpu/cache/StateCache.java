package io.espalier.gpu.cache;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A directory of entries, each a file below one of 256 folders, named by its key. Any number of processes may read and
 * write it at once: an entry appears by a rename and is checked whole before it is used, so readers need no lock. Nothing
 * is synced, for what a crash tears is found broken, removed and computed again. Thread-safe.
 *
 * <p>Its size is bounded: whoever writes beyond the limit removes the entries that were written first. A process looks at
 * what others have written after each thirty-second part of the limit that it has written itself, so the limit may be
 * passed by that much for each further writer.
 */
public final class StateCache {
    private static final String SUFFIX = ".state";
    private static final String UNFINISHED = ".tmp";
    /** The age at which an unfinished entry belongs to a process that is gone: no entry takes as long to write. */
    private static final Duration ABANDONED = Duration.ofHours(1);

    private static final int LOOKS_PER_LIMIT = 32;
    /**
     * The share of the limit that is left filled when room was made, so that not every entry has to make room again.
     */
    private static final double FILLED = 0.95;

    private final Path directory;
    private final long maxBytes;
    private final Clock clock;
    private final Consumer<String> warn;

    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong misses = new AtomicLong();
    private final AtomicLong damaged = new AtomicLong();
    private final AtomicLong evicted = new AtomicLong();
    private final AtomicLong unique = new AtomicLong();
    /**
     * The bytes of all entries at the last look; the next field has those written since. This object's lock guards
     * both.
     */
    private long seenBytes;

    private long writtenBytes;
    private boolean writable = true;

    private StateCache(Path directory, long maxBytes, Clock clock, Consumer<String> warn) {
        this.directory = directory;
        this.maxBytes = maxBytes;
        this.clock = clock;
        this.warn = warn;
    }

    /**
     * Opens a cache, or begins one in a directory that is empty or absent.
     *
     * @param maxBytes of all entries
     * @param warn told in one line what was found damaged, or could not be written
     */
    public static StateCache open(Path directory, long maxBytes, Clock clock, Consumer<String> warn) {
        if (maxBytes < 1) {
            throw Refused.invalid(directory, "limit", maxBytes + " bytes", "must be at least 1");
        }
        CacheDescriptor.claim(directory);
        StateCache cache = new StateCache(directory, maxBytes, clock, warn);
        try {
            cache.look(0);
            return cache;
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    /**
     * Returns the result of {@code use} on an entry's payload, which is valid only during the call; empty where there
     * is no such entry, or no longer a whole one.
     */
    public <T> Optional<T> find(StateKey key, long payloadBytes, Function<MemorySegment, T> use) {
        Path file = file(key);
        try {
            T found = StateFile.read(file, key, payloadBytes, use);
            hits.incrementAndGet();
            return Optional.of(found);
        } catch (NoSuchFileException e) {
            misses.incrementAndGet();
            return Optional.empty();
        } catch (IOException e) {
            misses.incrementAndGet();
            damaged.incrementAndGet();
            warn.accept(file + ": " + e.getMessage() + ": removed, to be computed again");
            remove(file);
            return Optional.empty();
        }
    }

    /**
     * Stores an entry. An entry that cannot be written is told and left out: a run must not end for want of a cache.
     *
     * @param payload hands its pieces, in order, to the consumer that it is given
     */
    public synchronized void put(StateKey key, long payloadBytes, Consumer<Consumer<MemorySegment>> payload) {
        long bytes = StateFile.bytes(key, payloadBytes);
        if (!writable) {
            return;
        }
        if (bytes > maxBytes) {
            giveUp("one entry takes " + bytes + " bytes, the limit is " + maxBytes);
            return;
        }
        Path file = file(key);
        try {
            makeRoom(bytes);
            Files.createDirectories(file.getParent());
            write(file, key, payloadBytes, payload);
            writtenBytes += bytes;
        } catch (IOException e) {
            giveUp(e instanceof AtomicMoveNotSupportedException ? "it knows no atomic rename" : e.toString());
        }
    }

    private void write(Path file, StateKey key, long payloadBytes, Consumer<Consumer<MemorySegment>> payload)
            throws IOException {
        Path unfinished =
                file.resolveSibling(key.name() + "." + ProcessHandle.current().pid() + "-"
                        + System.identityHashCode(this) + "-" + unique.getAndIncrement() + UNFINISHED);
        try {
            StateFile.write(unfinished, key, payloadBytes, payload);
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            remove(unfinished);
            throw e;
        }
    }

    private void giveUp(String why) {
        writable = false;
        warn.accept(directory + ": " + why + ": nothing more is stored in this run");
    }

    private Path file(StateKey key) {
        return directory.resolve(key.name().substring(0, 2)).resolve(key.name() + SUFFIX);
    }

    /** An entry on disk. */
    private record Stored(Path file, long bytes, Instant written) {}

    /** Looks at the disk only when it may be needed. */
    private void makeRoom(long bytes) throws IOException {
        if (seenBytes + writtenBytes + bytes > maxBytes || writtenBytes >= maxBytes / LOOKS_PER_LIMIT) {
            look(bytes);
        }
    }

    /** Removes the oldest entries until {@code bytes} more fit. */
    private synchronized void look(long bytes) throws IOException {
        List<Stored> entries = stored();
        long total = entries.stream().mapToLong(Stored::bytes).sum();
        if (total + bytes > maxBytes) {
            entries.sort(Comparator.comparing(Stored::written).thenComparing(Stored::file));
            long target = Math.min(maxBytes - bytes, (long) (FILLED * maxBytes));
            for (Stored entry : entries) {
                if (total <= target) {
                    break;
                }
                total -= entry.bytes;
                if (remove(entry.file)) {
                    evicted.incrementAndGet();
                }
            }
        }
        seenBytes = total;
        writtenBytes = 0;
    }

    private List<Stored> stored() throws IOException {
        List<Stored> entries = new ArrayList<>();
        Instant abandoned = clock.instant().minus(ABANDONED);
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                Instant written = attributes.lastModifiedTime().toInstant();
                String name = file.getFileName().toString();
                if (name.endsWith(SUFFIX)) {
                    entries.add(new Stored(file, attributes.size(), written));
                } else if (name.endsWith(UNFINISHED) && written.isBefore(abandoned)) {
                    remove(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                // Another process has removed it meanwhile.
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        return entries;
    }

    private boolean remove(Path file) {
        try {
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            warn.accept(file + ": cannot be removed: " + e.getMessage());
            return false;
        }
    }

    public Path directory() {
        return directory;
    }

    public synchronized CacheCounts counts() {
        return new CacheCounts(hits.get(), misses.get(), damaged.get(), evicted.get(), seenBytes + writtenBytes);
    }
}
