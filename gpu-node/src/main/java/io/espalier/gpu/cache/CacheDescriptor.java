package io.espalier.gpu.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The file by which a directory says that it is a cache: others are left alone, whatever they hold. */
final class CacheDescriptor {
    private static final String FILE = "espalier-cache.json";
    private static final String FORMAT = "espalier-teacher-states";
    private static final int VERSION = 1;
    private static final ObjectMapper JSON = new ObjectMapper();

    private CacheDescriptor() {}

    /** Checks a cache's descriptor, or writes that of a new one. */
    static void claim(Path directory) {
        Path file = directory.resolve(FILE);
        try {
            if (Files.exists(file)) {
                check(file);
                return;
            }
            if (Files.exists(directory) && !Files.isDirectory(directory)) {
                throw refused(directory, "is no directory");
            }
            Files.createDirectories(directory);
            requireEmpty(directory);
            // Several processes may claim it at once, each with a file of its own.
            Path mine = Files.createTempFile(directory, FILE, ".tmp");
            Files.writeString(
                    mine,
                    JSON.createObjectNode()
                                    .put("format", FORMAT)
                                    .put("version", VERSION)
                                    .toPrettyString()
                            + "\n");
            AtomicFile.sync(mine);
            AtomicFile.move(mine, file);
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    /** Another process may be about to claim it, too. */
    private static void requireEmpty(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            List<String> names = entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.startsWith(FILE))
                    .toList();
            if (!names.isEmpty() && !Files.exists(directory.resolve(FILE))) {
                throw refused(directory, "holds " + names.getFirst() + " and no " + FILE);
            }
        }
    }

    private static void check(Path file) throws IOException {
        try {
            JsonNode json = JSON.readTree(file.toFile());
            if (!json.path("format").asText().equals(FORMAT)) {
                throw Refused.invalid(file, "format", json.get("format"), "must be " + FORMAT);
            }
            if (json.path("version").asInt() != VERSION) {
                throw Refused.invalid(file, "version", json.get("version"), "must be " + VERSION);
            }
        } catch (JsonProcessingException e) {
            throw Refused.invalid(file, "content", "no JSON (" + LaxJson.problem(e) + ")", "must be JSON");
        }
    }

    private static Refused refused(Path directory, String why) {
        return new Refused(
                Refused.Reason.WRONG_STATE,
                directory + ": " + why + ": a cache must be an empty directory or one that it was begun in");
    }
}
