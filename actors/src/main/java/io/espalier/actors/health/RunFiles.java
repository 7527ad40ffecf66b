package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.http.SeriesQuery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The files that the student of one job writes, read as they are written. The hub alone looks; others read what it saw.
 */
final class RunFiles {
    /** Kinds of events that are counted. */
    static final List<String> COUNTED = List.of(
            "checkpoint",
            "drift",
            "published",
            "candidate_kept",
            "rolled_back",
            "collapse",
            "dead_letters",
            "source_error");

    /** Directories are walked less often than files are read. */
    private static final Duration LISTING_EVERY = Duration.ofSeconds(3);

    private final Path run;
    private final HealthSettings settings;
    private final Consumer<ObjectNode> onEvent;
    private final LineTail metrics;
    private final LineTail events;
    private final LineTail ledger;
    private final LineTail deadLetters;
    private final Curves curves;
    private final Deque<ObjectNode> ledgerEntries = new ArrayDeque<>();
    private final Deque<ObjectNode> deadLetterEntries = new ArrayDeque<>();
    private final Map<String, Long> eventCounts = new TreeMap<>();
    private long ledgerTotal;
    private long deadLetterTotal;
    private ObjectNode live;
    private Instant liveTime;
    private List<ObjectNode> checkpoints = List.of();
    private List<ObjectNode> versions = List.of();
    private Instant listed = Instant.EPOCH;
    private long lastEvent;
    private boolean looked;

    /** @param onEvent told what stands in the run's own log, from its beginning */
    RunFiles(Path run, HealthSettings settings, Consumer<ObjectNode> onEvent) {
        this.run = run;
        this.settings = settings;
        this.onEvent = onEvent;
        this.metrics = new LineTail(run.resolve("metrics.jsonl"));
        this.events = new LineTail(run.resolve("events.jsonl"));
        this.ledger = new LineTail(run.resolve("ledger.jsonl"));
        this.deadLetters = new LineTail(run.resolve("dead-letters.jsonl"));
        this.curves = new Curves(settings);
    }

    Path run() {
        return run;
    }

    /** Looks at the files, then takes over what came: whoever reads here never waits for a disk. */
    void poll(Instant now) {
        LineTail.Added newMetrics = metrics.poll();
        List<ObjectNode> newEvents = parsed(events.poll());
        newEvents.removeIf(event -> event.path("seq").asLong() <= lastEvent);
        LineTail.Added newLedger = ledger.poll();
        LineTail.Added newDeadLetters = deadLetters.poll();
        Path file = run.resolve("live.json");
        ObjectNode newLive = Listing.read(file);
        Instant newLiveTime = newLive == null ? null : modified(file);
        boolean list = Duration.between(listed, now).compareTo(LISTING_EVERY) > 0;
        List<ObjectNode> newCheckpoints = list ? Listing.checkpoints(run) : checkpoints();
        List<ObjectNode> newVersions = list ? Listing.versions(run) : versions();
        listed = list ? now : listed;
        synchronized (this) {
            if (newMetrics.anew()) {
                curves.anew();
            }
            newMetrics.lines().forEach(curves::accept);
            if (looked) {
                newEvents.forEach(event -> eventCounts.merge(event.path("kind").asText(), 1L, Long::sum));
            }
            looked = true;
            ledgerTotal = keep(newLedger, ledgerEntries, ledgerTotal);
            deadLetterTotal = keep(newDeadLetters, deadLetterEntries, deadLetterTotal);
            live = newLive == null ? live : newLive;
            liveTime = newLiveTime == null ? liveTime : newLiveTime;
            checkpoints = newCheckpoints;
            versions = newVersions;
        }
        for (ObjectNode event : newEvents) {
            lastEvent = event.path("seq").asLong();
            onEvent.accept(event);
        }
    }

    private static List<ObjectNode> parsed(LineTail.Added added) {
        List<ObjectNode> nodes = new ArrayList<>();
        added.lines().stream().map(AnswerJson::parse).filter(Objects::nonNull).forEach(nodes::add);
        return nodes;
    }

    /** Gives the number of all, those that are not kept included. */
    private long keep(LineTail.Added added, Deque<ObjectNode> kept, long before) {
        if (added.anew()) {
            kept.clear();
        }
        List<ObjectNode> entries = parsed(added);
        for (ObjectNode entry : entries) {
            kept.addLast(entry);
            if (kept.size() > settings.listingMost()) {
                kept.removeFirst();
            }
        }
        return (added.anew() ? 0 : before) + entries.size();
    }

    /** Null where it was replaced this moment. */
    private static Instant modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            return null;
        }
    }

    /** Null before the student has said anything. */
    synchronized ObjectNode live() {
        return live;
    }

    /** Seconds since the student last said anything; NaN where it never has. */
    synchronized double liveAge(Instant now) {
        return liveTime == null
                ? Double.NaN
                : Math.max(0, Duration.between(liveTime, now).toMillis() / 1e3);
    }

    synchronized double last(String curve) {
        return curves.last(curve);
    }

    synchronized Map<String, Double> heldOutKl() {
        return curves.heldOutKl();
    }

    synchronized ObjectNode series(SeriesQuery query, Instant now) {
        return curves.json(query, now);
    }

    synchronized List<ObjectNode> checkpoints() {
        return checkpoints;
    }

    synchronized List<ObjectNode> versions() {
        return versions;
    }

    synchronized List<ObjectNode> ledger() {
        return List.copyOf(ledgerEntries);
    }

    synchronized long ledgerTotal() {
        return ledgerTotal;
    }

    /** The dead letters that are kept, the newest first. */
    synchronized List<ObjectNode> deadLetters() {
        return new ArrayList<>(deadLetterEntries).reversed();
    }

    synchronized long deadLetterTotal() {
        return deadLetterTotal;
    }

    /** Events of the run's own log by kind that came since the daemon began to read it. */
    synchronized long events(String kind) {
        return eventCounts.getOrDefault(kind, 0L);
    }
}
