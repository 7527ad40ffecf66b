package io.espalier.actors.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.disk.LineFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A file of JSON objects, one a line, each on disk when it has been added. Above its bound the older half goes; readers see whole
 * lines, and a file that is replaced at once. Thread-safe.
 */
public final class JsonLines implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final LineFile file;
    private final long bound;

    /**
     * Opens a file, or creates it.
     *
     * @param bound bytes; {@link Long#MAX_VALUE} for none
     */
    public JsonLines(Path file, long bound) {
        this.file = LineFile.open(file);
        this.bound = bound;
    }

    /** The objects of a file, in order; none where it is absent. A line that was torn by a kill is left out. */
    public static List<JsonNode> read(Path file) {
        List<JsonNode> lines = new ArrayList<>();
        if (Files.exists(file)) {
            try (BufferedReader reader = LineFile.reader(file)) {
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

    /** Adds a line, which outlives a loss of power; where that fails the file is as it was. */
    public synchronized void add(ObjectNode line) {
        file.add(line.toString());
        file.sync();
        if (file.length() > bound) {
            long[] left = {file.length()};
            file.keep(old -> (left[0] -= old.getBytes(StandardCharsets.UTF_8).length + 1) < bound / 2);
        }
    }

    /** Drops all others, and what was torn. */
    public synchronized void keep(Predicate<JsonNode> wanted) {
        file.keep(line -> {
            JsonNode object = parse(line);
            return object != null && wanted.test(object);
        });
    }

    /** Drops those of later steps, which a run that resumes will come to once more, those without one, and what was torn. */
    public void keepUpTo(long step) {
        keep(line -> line.path("step").asLong(Long.MAX_VALUE) <= step);
    }

    /** Replaces all lines by these, at once. */
    public synchronized void replace(List<ObjectNode> all) {
        file.replace(out -> {
            for (ObjectNode line : all) {
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
        });
    }

    @Override
    public synchronized void close() {
        file.close();
    }
}
