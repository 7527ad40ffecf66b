package io.espalier.streams.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DiskFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The stretches of a folder's files in the order in which they were read, and the number of each one's first record
 * among all: what makes an offset mean the same record after a restart. A file that grows has several. A noted stretch
 * is on disk after {@link #sync}, before which no record of it may be given. Safe for several threads.
 */
final class FolderCatalogue {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    /** Lines that are worth a rewriting of all. */
    private static final int WORTH = 256;

    private final Path file;
    private final List<Entry> entries = new ArrayList<>();
    /** The last stretch of each file. */
    private final Map<String, Entry> byKey = new HashMap<>();

    private final Map<String, Entry> byName = new HashMap<>();
    private final StringBuilder unwritten = new StringBuilder();
    private int looked;

    /**
     * A stretch that was begun.
     *
     * @param first number of its first record
     * @param end the number after its last; {@link Long#MAX_VALUE} while that is unknown
     * @param to where it ends in the file; where it begins while that is unknown
     */
    record Entry(FileIdentity file, FolderPlace from, long first, long end, FolderPlace to) {
        boolean ended() {
            return end != Long.MAX_VALUE;
        }
    }

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
                FileIdentity identity = new FileIdentity(
                        json.path("name").asText(),
                        json.path("key").asText(),
                        json.path("print").asText(),
                        json.path("printed").asInt());
                FolderPlace from = place(json);
                remember(new Entry(identity, from, json.path("first").asLong(), Long.MAX_VALUE, from));
            } else if (json.path("end").canConvertToLong() && !entries.isEmpty()) {
                ended(json.get("end").asLong(), place(json));
            } else {
                throw Refused.invalid(file, "line", line, "must name a file and its first record, or its end");
            }
        }
        if (whole.length() < content.length()) {
            rewrite();
        }
    }

    private static FolderPlace place(JsonNode json) {
        return new FolderPlace(
                json.path("bytes").asLong(),
                json.path("records").asLong(),
                json.path("lines").asLong());
    }

    private void remember(Entry entry) {
        entries.add(entry);
        index(entry);
    }

    private void index(Entry entry) {
        if (!entry.file().key().isEmpty()) {
            byKey.put(entry.file().key(), entry);
        }
        byName.put(entry.file().name(), entry);
    }

    private void ended(long end, FolderPlace to) {
        Entry last = entries.removeLast();
        remember(new Entry(last.file(), last.from(), last.first(), end, to));
    }

    /** The last stretch of the file with that key, or else with that name. */
    synchronized Optional<Entry> last(String key, String name) {
        Entry entry = key.isEmpty() ? null : byKey.get(key);
        return Optional.ofNullable(entry == null ? byName.get(name) : entry);
    }

    /** The stretch that holds a record; null where none that was begun does. */
    synchronized Entry at(long offset) {
        int low = 0;
        int high = entries.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Entry entry = entries.get(middle);
            if (offset < entry.first()) {
                high = middle - 1;
            } else if (offset < entry.end()) {
                return entry;
            } else {
                low = middle + 1;
            }
        }
        return null;
    }

    /** Takes note of a stretch. */
    synchronized Entry begin(FileIdentity identity, FolderPlace from, long first) {
        Entry entry = new Entry(identity, from, first, Long.MAX_VALUE, from);
        unwritten.append(beginning(entry));
        remember(entry);
        return entry;
    }

    /** Takes note of where the stretch ends that was begun last. */
    synchronized void end(long end, FolderPlace to) {
        unwritten.append(ending(end, to));
        ended(end, to);
    }

    /** Returns once all that was noted is on disk. */
    synchronized void sync() {
        if (unwritten.isEmpty()) {
            return;
        }
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            long before = out.size();
            try {
                ByteBuffer bytes = ByteBuffer.wrap(unwritten.toString().getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            } catch (IOException e) {
                out.truncate(before);
                throw e;
            }
            unwritten.setLength(0);
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }

    /**
     * Forgets stretches that end before an offset, but the last of each file that is there, where there are many.
     *
     * @param there gives the names and the numbers of the files that are there
     */
    synchronized void forget(long before, Supplier<Set<String>> there) {
        if (entries.size() - looked < WORTH) {
            return;
        }
        Set<String> files = there.get();
        List<Entry> kept = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.end() > before || (isLast(entry) && isAmong(files, entry.file()))) {
                kept.add(entry);
            }
        }
        if (entries.size() - kept.size() >= WORTH) {
            entries.clear();
            byKey.clear();
            byName.clear();
            kept.forEach(this::remember);
            unwritten.setLength(0);
            rewrite();
        }
        looked = entries.size();
    }

    private static boolean isAmong(Set<String> files, FileIdentity file) {
        return files.contains(file.name()) || files.contains(file.key());
    }

    private boolean isLast(Entry entry) {
        return last(entry.file().key(), entry.file().name())
                .filter(entry::equals)
                .isPresent();
    }

    private void rewrite() {
        StringBuilder all = new StringBuilder();
        for (Entry entry : entries) {
            all.append(beginning(entry));
            if (entry.ended()) {
                all.append(ending(entry.end(), entry.to()));
            }
        }
        AtomicFile.write(file, all.toString());
    }

    private static String beginning(Entry entry) {
        FileIdentity identity = entry.file();
        ObjectNode line = JSON.createObjectNode().put("name", identity.name()).put("first", entry.first());
        line.put("key", identity.key()).put("print", identity.print()).put("printed", identity.printed());
        return put(line, entry.from()) + "\n";
    }

    private static String ending(long end, FolderPlace to) {
        return put(JSON.createObjectNode().put("end", end), to) + "\n";
    }

    private static ObjectNode put(ObjectNode line, FolderPlace place) {
        line.put("bytes", place.bytes()).put("lines", place.lines());
        return place.records() == 0 ? line : line.put("records", place.records());
    }
}
