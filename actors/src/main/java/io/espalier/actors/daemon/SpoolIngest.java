package io.espalier.actors.daemon;

import io.espalier.actors.health.Troubles;
import io.espalier.actors.http.Ingest;
import io.espalier.gpu.Refused;
import io.espalier.streams.live.Appended;
import io.espalier.streams.live.Spool;
import io.espalier.streams.live.SpoolRecord;
import io.espalier.streams.live.SpoolSettings;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Takes records into the spools of the sources that there are. Owns the spools; one is open while a job reads it. A spool
 * that cannot be opened or written is its source's trouble alone, and is tried again whenever the sources are told anew.
 */
final class SpoolIngest implements Ingest, AutoCloseable {
    private static final int WRITERS = 4;
    private static final int WAITING = 256;
    private static final Duration BUSY = Duration.ofSeconds(1);
    /** A list of jobs may have been asked for before the newest of them was submitted. */
    private static final Duration NEW = Duration.ofSeconds(30);

    private final Path root;
    private final SpoolSettings settings;
    private final InstantSource clock;
    private final Troubles troubles;
    private final Map<String, Spool> spools = new HashMap<>();
    /** Sources that are served, their spools open or not. */
    private final Set<String> served = new HashSet<>();
    /** The time at which each spool was opened for a job that was new. */
    private final Map<String, Instant> opened = new HashMap<>();

    /** A write waits for the disk. */
    private final ThreadPoolExecutor writers = new ThreadPoolExecutor(
            WRITERS,
            WRITERS,
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(WAITING),
            Thread.ofPlatform().name("spool-", 0).factory());

    private boolean closed;

    /**
     * Makes the ingest of a daemon.
     *
     * @param root directory that holds that of each source
     * @param troubles told which spools cannot take anything, and why
     */
    SpoolIngest(Path root, SpoolSettings settings, InstantSource clock, Troubles troubles) {
        this.root = root;
        this.settings = settings;
        this.clock = clock;
        this.troubles = troubles;
    }

    Path root() {
        return root;
    }

    /** Takes in records of these sources, and of no others any more; what has come waits for a job of that source. */
    synchronized void serve(Collection<String> sources) {
        sources.forEach(this::open);
        Instant since = clock.instant().minus(NEW);
        opened.values().removeIf(since::isAfter);
        Set<String> wanted = new HashSet<>(sources);
        wanted.addAll(opened.keySet());
        retain(wanted);
    }

    /** Takes in records of the sources of a new job. */
    synchronized void expect(Collection<String> sources) {
        sources.forEach(source -> {
            open(source);
            opened.put(source, clock.instant());
        });
    }

    private void open(String source) {
        if (closed) {
            return;
        }
        served.add(source);
        try {
            Spool spool = spools.get(source);
            if (spool == null) {
                spools.put(source, Spool.open(root.resolve(source), settings));
                troubles.over(name(source));
            } else if (spool.isBroken()) {
                spools.put(source, spool.reopen());
                troubles.over(name(source));
            }
        } catch (RuntimeException e) {
            troubles.begin(name(source), words(e));
        }
    }

    private static String name(String source) {
        return "source " + source;
    }

    private static String words(RuntimeException e) {
        return "takes no records: " + (e.getMessage() == null ? e.toString() : e.getMessage());
    }

    private synchronized void retain(Collection<String> sources) {
        Set<String> others = new HashSet<>(spools.keySet());
        others.removeAll(sources);
        served.retainAll(sources);
        others.forEach(source -> {
            spools.remove(source).close();
            troubles.over(name(source));
        });
    }

    @Override
    public CompletionStage<Outcome> append(String source, List<Item> records) {
        Spool spool = spool(source);
        if (spool == null && isServed(source)) {
            return CompletableFuture.completedFuture(
                    new Outcome.Unwell(troubles.of(name(source)), settings.retryAfter()));
        }
        if (spool == null) {
            return CompletableFuture.failedFuture(
                    new Refused(Refused.Reason.NOT_FOUND, "no job has a source " + source + " that is posted to"));
        }
        try {
            return CompletableFuture.supplyAsync(() -> append(source, spool, records), writers);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture(new Outcome.Full(BUSY));
        }
    }

    private synchronized Spool spool(String source) {
        return spools.get(source);
    }

    private synchronized boolean isServed(String source) {
        return served.contains(source);
    }

    private Outcome append(String source, Spool spool, List<Item> records) {
        try {
            Outcome outcome = append(spool, records);
            troubles.over(name(source));
            return outcome;
        } catch (Refused e) {
            if (e.reason() != Refused.Reason.TRY_AGAIN) {
                throw e;
            }
            return unwell(source, e);
        } catch (UncheckedIOException e) {
            return unwell(source, e);
        }
    }

    private Outcome unwell(String source, RuntimeException e) {
        troubles.begin(name(source), words(e));
        return new Outcome.Unwell(words(e), settings.retryAfter());
    }

    private Outcome append(Spool spool, List<Item> records) {
        List<SpoolRecord> spooled = records.stream()
                .map(item -> new SpoolRecord(
                        item.key().orElse(null),
                        clock.instant().truncatedTo(ChronoUnit.MILLIS),
                        item.value().toString().getBytes(StandardCharsets.UTF_8)))
                .toList();
        return switch (spool.append(spooled)) {
            case Appended.Accepted accepted -> new Outcome.Stored(accepted.records(), accepted.duplicates());
            case Appended.Full full -> new Outcome.Full(full.retryAfter());
        };
    }

    /** Finishes what is being written; idempotent. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        writers.shutdown();
        try {
            if (!writers.awaitTermination(1, TimeUnit.MINUTES)) {
                throw new IllegalStateException("records are still being written after a minute");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        retain(List.of());
    }
}
