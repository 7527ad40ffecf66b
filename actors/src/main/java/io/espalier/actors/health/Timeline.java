package io.espalier.actors.health;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.http.HubEvent;
import io.espalier.actors.http.Snapshots.Subscription;
import io.espalier.gpu.disk.LineFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events of the daemon and its jobs: numbered through, over restarts too, and kept in {@code timeline.jsonl} of the
 * state directory. Two files of bounded size take turns; each begins with a line that says where the numbers stand.
 * Thread-safe.
 */
final class Timeline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Timeline.class);
    private static final String NAME = "timeline.jsonl";
    private static final String SEQUENCE = "sequence";
    private static final String SEEN = "seen";
    private static final String RUN = "job";
    private static final String RUN_SEQUENCE = "seq";

    private final Path file;
    private final HealthSettings settings;
    private final Clock clock;
    private final Deque<HubEvent> latest = new ArrayDeque<>();
    /** The number of the last event of each job's run that was taken over. */
    private final Map<String, Long> seen = new HashMap<>();

    private final List<Consumer<HubEvent>> listeners = new CopyOnWriteArrayList<>();
    private long sequence;
    private LineFile lines;
    /** It has been said that events cannot be written. */
    private boolean failing;

    private boolean closed;

    Timeline(Path state, HealthSettings settings, Clock clock) {
        this.file = state.resolve(NAME);
        this.settings = settings;
        this.clock = clock;
        try {
            read(older());
            read(file);
            open();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private Path older() {
        return file.resolveSibling(NAME + ".1");
    }

    private void read(Path from) throws IOException {
        if (!Files.exists(from)) {
            return;
        }
        try (BufferedReader reader = LineFile.reader(from)) {
            reader.lines().map(AnswerJson::parse).filter(line -> line != null).forEach(this::recall);
        }
    }

    private void recall(ObjectNode line) {
        sequence = Math.max(sequence, line.path(SEQUENCE).asLong());
        if (line.has(SEEN)) {
            line.path(SEEN)
                    .properties()
                    .forEach(job -> seen.merge(job.getKey(), job.getValue().asLong(), Math::max));
            return;
        }
        if (line.has(RUN_SEQUENCE)) {
            seen.merge(line.path(RUN).asText(), line.path(RUN_SEQUENCE).asLong(), Math::max);
        }
        keep(new HubEvent(line.path(SEQUENCE).asLong(), line.path("kind").asText(), line));
    }

    private void keep(HubEvent event) {
        latest.addLast(event);
        if (latest.size() > settings.eventsKept()) {
            latest.removeFirst();
        }
    }

    private void open() throws IOException {
        boolean fresh = !Files.exists(file);
        lines = LineFile.open(file);
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }
        if (fresh) {
            ObjectNode begin = AnswerJson.object().put(SEQUENCE, sequence);
            ObjectNode jobs = begin.putObject(SEEN);
            seen.forEach(jobs::put);
            lines.add(begin.toString());
        }
    }

    /** Something has happened, now. */
    void add(String kind, Severity severity, String message, Consumer<ObjectNode> more) {
        ObjectNode data = AnswerJson.at(clock.instant());
        data.put("kind", kind).put("severity", severity.label()).put("message", message);
        more.accept(data);
        add(kind, data);
    }

    /** Takes over what a run's own log says, once. */
    synchronized void addOfRun(String job, ObjectNode event) {
        long number = event.path(RUN_SEQUENCE).asLong();
        String kind = event.path("kind").asText();
        if (number <= seen.getOrDefault(job, 0L) || !kind.matches("[a-z_]+")) {
            return;
        }
        seen.put(job, number);
        add(kind, event.deepCopy().put(RUN, job));
    }

    private synchronized void add(String kind, ObjectNode data) {
        if (closed) {
            // The daemon is ending, and its node's last events with it.
            return;
        }
        sequence++;
        HubEvent event = new HubEvent(sequence, kind, data.put(SEQUENCE, sequence));
        keep(event);
        write(data.toString());
        listeners.forEach(listener -> listener.accept(event));
    }

    /**
     * Writes an event. Where the disk does not take it operators are told all the same, but it is not known after a
     * restart.
     */
    private void write(String line) {
        try {
            lines.add(line);
            if (lines.length() > settings.timelineBytes()) {
                lines.close();
                Files.move(file, older(), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
                open();
            }
            failing = false;
        } catch (IOException | RuntimeException e) {
            if (!failing) {
                LOG.warn("{}: events cannot be written: {}", file, e.toString());
            }
            failing = true;
        }
    }

    synchronized List<HubEvent> after(long number, int limit, Predicate<JsonNode> wanted) {
        return latest.stream()
                .filter(event -> event.sequence() > number && wanted.test(event.data()))
                .limit(limit)
                .toList();
    }

    /** Whether an event is of a job. */
    static Predicate<JsonNode> of(String job) {
        return data -> data.path(RUN).asText().equals(job);
    }

    Subscription subscribe(Consumer<HubEvent> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public synchronized void close() {
        closed = true;
        lines.close();
    }
}
