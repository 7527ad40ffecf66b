package io.espalier.actors.report;

import com.fasterxml.jackson.core.JsonProcessingException;
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
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A file of JSON objects, one a line, each flushed as it is added. Above its bound the older half goes; readers see whole
 * lines, and a file that is replaced at once. Thread-safe.
 */
public final class JsonLines implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final long bound;
    private BufferedWriter writer;
    private long bytes;

    /**
     * Opens a file, or creates it.
     *
     * @param bound bytes; {@link Long#MAX_VALUE} for none
     */
    public JsonLines(Path file, long bound) {
        this.file = file;
        this.bound = bound;
        try {
            open();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private void open() throws IOException {
        writer = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        bytes = Files.size(file);
    }

    /** The objects of a file, in order; none where it is absent. A line that was torn by a kill is left out. */
    public static List<JsonNode> read(Path file) {
        List<JsonNode> lines = new ArrayList<>();
        if (Files.exists(file)) {
            try (BufferedReader reader = Files.newBufferedReader(file)) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    JsonNode object = parse(line);
                    if (object != null) {
                        lines.add(object);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(file.toString(), e);
            }
        }
        return lines;
    }

    /** Null where it is none. */
    private static JsonNode parse(String line) {
        try {
            JsonNode node = JSON.readTree(line);
            return node != null && node.isObject() ? node : null;
        } catch (JsonProcessingException torn) {
            return null;
        }
    }

    public synchronized void add(ObjectNode line) {
        byte[] text = (line + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            writer.write(new String(text, StandardCharsets.UTF_8));
            writer.flush();
            bytes += text.length;
            if (bytes > bound) {
                long[] left = {bytes};
                rewrite(old -> (left[0] -= old.getBytes(StandardCharsets.UTF_8).length + 1) < bound / 2);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** Drops all others, and what was torn. */
    public synchronized void keep(Predicate<JsonNode> wanted) {
        try {
            rewrite(line -> {
                JsonNode object = parse(line);
                return object != null && wanted.test(object);
            });
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** Drops those of later steps, which a run that resumes will come to once more, those without one, and what was torn. */
    public void keepUpTo(long step) {
        keep(line -> line.path("step").asLong(Long.MAX_VALUE) <= step);
    }

    /** Has these instead, at once. */
    public synchronized void replace(List<ObjectNode> all) {
        Path next = file.resolveSibling("." + file.getFileName() + ".tmp");
        try {
            writer.close();
            Files.write(next, all.stream().map(ObjectNode::toString).toList());
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            open();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private void rewrite(Predicate<String> wanted) throws IOException {
        writer.close();
        Path next = file.resolveSibling("." + file.getFileName() + ".tmp");
        try (BufferedReader lines = Files.newBufferedReader(file);
                BufferedWriter out = Files.newBufferedWriter(next)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (wanted.test(line)) {
                    out.write(line);
                    out.write('\n');
                }
            }
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        open();
    }

    @Override
    public synchronized void close() {
        try {
            writer.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
