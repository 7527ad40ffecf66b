package io.espalier.actors.continual;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.JsonLines;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/**
 * {@code events.jsonl}: a line for each thing that has happened, with seq, time, kind, severity, step and message, and
 * operation where an order caused it. Numbers go on from one process of the run to the next. Over 64 MiB the older half
 * goes. Thread-safe.
 */
public final class EventLog implements AutoCloseable {
    public static final String FILE = "events.jsonl";

    private static final long BOUND = 64L << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final JsonLines lines;
    private final Consumer<String> say;
    private final Set<String> settled = new HashSet<>();
    private long next = 1;

    /**
     * Opens the log of a run.
     *
     * @param say told each message, by any thread
     */
    EventLog(Path run, Consumer<String> say) {
        this.say = say;
        List<JsonNode> earlier = JsonLines.read(run.resolve(FILE));
        for (JsonNode event : earlier) {
            next = Math.max(next, event.path("seq").asLong() + 1);
            String kind = event.path("kind").asText();
            if (kind.equals(EventKind.ORDER_DONE.label()) || kind.equals(EventKind.ORDER_FAILED.label())) {
                settled.add(event.path("operation").asText());
            }
        }
        this.lines = new JsonLines(run.resolve(FILE), BOUND);
        lines.keep(_ -> true);
    }

    /** Operations of orders whose outcome was told before this process. */
    Set<String> settled() {
        return Set.copyOf(settled);
    }

    void add(EventKind kind, long step, String message) {
        add(kind, step, message, _ -> {});
    }

    /** @param more fields of this kind */
    synchronized void add(EventKind kind, long step, String message, Consumer<ObjectNode> more) {
        ObjectNode line = JSON.createObjectNode();
        line.put("seq", next++);
        line.put("time", Instant.now().toString());
        line.put("kind", kind.label());
        line.put("severity", kind.severity().name().toLowerCase(Locale.ROOT));
        line.put("step", step);
        line.put("message", message);
        more.accept(line);
        lines.add(line);
        say.accept("step " + step + ": " + message);
    }

    @Override
    public void close() {
        lines.close();
    }
}
