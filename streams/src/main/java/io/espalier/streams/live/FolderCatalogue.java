package io.espalier.streams.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The files of a folder in the order in which they were begun, and the number of each one's first record among all: what
 * makes an offset mean the same record after a restart. A line is on disk before a record of its file is given. Safe for
 * several threads.
 */
final class FolderCatalogue {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    /** Lines that are worth a rewriting of all. */
    private static final int WORTH = 256;

    private final Path file;
    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /**
     * A file that was begun.
     *
     * @param first number of its first record
     * @param end the number after its last; {@link Long#MAX_VALUE} while that is unknown
     */
    record Entry(String name, long first, long end) {}

    /** @param file where it is kept; its directory must be there */
    FolderCatalogue(Path file) {
        this.file = file;
        try {
            if (Files.exists(file)) {
                read();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** A line that was torn off names a file of which no record was given. */
    private void read() throws IOException {
        String content = Files.readString(file);
        String whole = content.substring(0, content.lastIndexOf('\n') + 1);
        for (String line : whole.lines().toList()) {
            JsonNode json = JSON.readTree(line);
            if (json.path("name").isTextual() && json.path("first").canConvertToLong()) {
                remember(new Entry(json.get("name").asText(), json.get("first").asLong(), Long.MAX_VALUE));
            } else if (json.path("end").canConvertToLong() && !entries.isEmpty()) {
                ended(json.get("end").asLong());
            } else {
                throw Refused.invalid(file, "line", line, "must name a file and its first record, or its end");
            }
        }
        if (whole.length() < content.length()) {
            rewrite();
        }
    }

    private void remember(Entry entry) {
        entries.add(entry);
        names.add(entry.name());
    }

    private void ended(long end) {
        Entry last = entries.removeLast();
        entries.add(new Entry(last.name(), last.first(), end));
    }

    synchronized boolean contains(String name) {
        return names.contains(name);
    }

    /** The file that holds a record; null where none that was begun does. */
    synchronized Entry at(long offset) {
        for (int i = entries.size() - 1; i >= 0; i--) {
            if (entries.get(i).first() <= offset && offset < entries.get(i).end()) {
                return entries.get(i);
            }
        }
        return null;
    }

    /** Takes note of a file, of which nothing may be given before. */
    synchronized Entry begin(String name, long first) {
        Entry entry = new Entry(name, first, Long.MAX_VALUE);
        append(beginning(entry));
        remember(entry);
        return entry;
    }

    /** Takes note of where the file ends that was begun last. */
    synchronized void end(long end) {
        append(ending(end));
        ended(end);
    }

    private void append(String line) {
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            out.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
            out.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** Forgets files that end before an offset and are gone, where there are many. */
    synchronized void forget(long before, Predicate<String> isThere) {
        List<Entry> kept = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.end() > before || isThere.test(entry.name())) {
                kept.add(entry);
            }
        }
        if (entries.size() - kept.size() >= WORTH) {
            entries.clear();
            names.clear();
            kept.forEach(this::remember);
            rewrite();
        }
    }

    private void rewrite() {
        StringBuilder all = new StringBuilder();
        for (Entry entry : entries) {
            all.append(beginning(entry));
            if (entry.end() != Long.MAX_VALUE) {
                all.append(ending(entry.end()));
            }
        }
        AtomicFile.write(file, all.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String beginning(Entry entry) {
        return JSON.createObjectNode().put("name", entry.name()).put("first", entry.first()) + "\n";
    }

    private static String ending(long end) {
        return JSON.createObjectNode().put("end", end) + "\n";
    }
}
