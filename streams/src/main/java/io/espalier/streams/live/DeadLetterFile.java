package io.espalier.streams.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Predicate;

/**
 * {@code dead-letters.jsonl}: a line for each record that nothing could be learnt from. Above its bound the older half
 * goes. Used by one thread; readers see whole lines, and the file replaced at once.
 */
final class DeadLetterFile {
    static final String NAME = "dead-letters.jsonl";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final long bound;

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
            if (Files.exists(file)) {
                keep(line -> isBefore(line, from));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** What was torn off is of no use either. */
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
        try {
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            if (Files.size(file) > bound) {
                long[] passed = {0};
                keep(kept -> (passed[0] += kept.getBytes(StandardCharsets.UTF_8).length) > bound / 2);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private void keep(Predicate<String> kept) throws IOException {
        Path next = file.resolveSibling(NAME + ".tmp");
        try (BufferedReader lines = Files.newBufferedReader(file);
                BufferedWriter out = Files.newBufferedWriter(next)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (kept.test(line)) {
                    out.write(line + "\n");
                }
            }
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }
}
