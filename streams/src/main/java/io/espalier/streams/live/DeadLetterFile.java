package io.espalier.streams.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.disk.LineFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code dead-letters.jsonl}: a line for each record that nothing could be learnt from. Above its bound the older half
 * goes. Used by one thread; readers see whole lines, and the file replaced at once.
 */
final class DeadLetterFile {
    static final String NAME = "dead-letters.jsonl";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final long SYNC_NANOS = 1_000_000_000;

    private final Path file;
    private final long bound;
    private long synced = System.nanoTime() - SYNC_NANOS;

    /**
     * Opens the file and drops what lies at a position or after it, which is about to come again.
     *
     * @param bound bytes
     */
    DeadLetterFile(Path directory, long bound, LivePosition from) {
        this.file = directory.resolve(NAME);
        this.bound = bound;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw DiskFault.failure(directory, e);
        }
        if (Files.exists(file)) {
            try (LineFile lines = LineFile.open(file)) {
                lines.keep(line -> isBefore(line, from));
            }
        }
    }

    /**
     * Whether a letter's record lies before a position; false for a line that a crash has torn, which is dropped too.
     */
    private static boolean isBefore(String line, LivePosition from) {
        try {
            JsonNode letter = JSON.readTree(line);
            Long next = from.source(letter.path("source").asText())
                    .next()
                    .get(letter.path("partition").asInt());
            return next != null && letter.path("offset").asLong() < next;
        } catch (IOException e) {
            return false;
        }
    }

    void add(DeadLetter letter) {
        ObjectNode line = JSON.createObjectNode();
        line.put("time", letter.time().toString());
        line.put("source", letter.record().source());
        line.put("partition", letter.record().partition());
        line.put("offset", letter.record().from());
        if (letter.key() != null) {
            line.put("key", letter.key());
        }
        line.put("where", letter.where());
        line.put("reason", letter.reason());
        line.put("excerpt", letter.excerpt());
        try (LineFile lines = LineFile.open(file)) {
            lines.add(line.toString());
            if (lines.length() > bound) {
                long[] passed = {0};
                lines.keep(kept -> (passed[0] += kept.getBytes(StandardCharsets.UTF_8).length) > bound / 2);
            } else if (System.nanoTime() - synced >= SYNC_NANOS) {
                // A flood of them must not wait for the disk each time.
                lines.sync();
                synced = System.nanoTime();
            }
        }
    }
}
