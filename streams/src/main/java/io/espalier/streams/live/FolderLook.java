package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import io.espalier.streams.source.Compression;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks through a folder for files that hold something that was not read, oldest first. A file that has not changed since it
 * was looked at is not opened, and one that cannot be opened is left out and told. Used by one thread.
 */
final class FolderLook {
    private final FolderSettings settings;
    private final FolderCatalogue catalogue;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final List<String> news = new ArrayList<>();
    private final SortedMap<String, String> unreadable = new TreeMap<>();
    private Map<Path, Seen> seen = new HashMap<>();

    /** A file as it was when it was looked at: since when, and whether all was read that can be. */
    private record Seen(String key, long size, long modified, long since, boolean done) {
        Seen read() {
            return new Seen(key, size, modified, since, true);
        }
    }

    /**
     * A file with something to read.
     *
     * @param last whether a last line counts that has no end
     * @param cut whether it has lost what was read, so that its place is another
     */
    record Candidate(
            TextFile file, FileIdentity identity, FolderPlace from, boolean last, boolean cut, long modified) {}

    FolderLook(FolderSettings settings, FolderCatalogue catalogue, InstantSource clock, LongSupplier nanos) {
        this.settings = settings;
        this.catalogue = catalogue;
        this.clock = clock;
        this.nanos = nanos;
    }

    List<Candidate> candidates() {
        if (!Files.isDirectory(settings.directory())) {
            throw Refused.notFound(settings.directory(), "must be a directory, to be watched");
        }
        unreadable.clear();
        Map<Path, BasicFileAttributes> files = files();
        Set<String> keys = files.values().stream().map(FileIdentity::key).collect(Collectors.toSet());
        Map<Path, Seen> now = new HashMap<>();
        List<Candidate> found = new ArrayList<>();
        files.forEach((path, attributes) -> {
            Seen is = seen(path, attributes);
            now.put(path, is);
            if (!is.done() && isSettled(is, settings.settle())) {
                look(path, attributes, keys, now).ifPresent(found::add);
            }
        });
        seen = now;
        found.sort(Comparator.comparingLong(Candidate::modified)
                .thenComparing(candidate -> candidate.file().path()));
        return found;
    }

    /** Those of text that hold any; of several names of one file the first. */
    private SortedMap<Path, BasicFileAttributes> files() {
        SortedMap<Path, BasicFileAttributes> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(settings.directory())) {
            for (Path path : (Iterable<Path>) all::iterator) {
                if (!FileIdentity.name(path).startsWith(".") && TextFile.isText(path)) {
                    attributes(path)
                            .filter(is -> is.isRegularFile() && is.size() > 0)
                            .ifPresent(is -> files.put(path, is));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(settings.directory().toString(), e);
        }
        Set<String> keys = new HashSet<>();
        files.values().removeIf(is -> !FileIdentity.key(is).isEmpty() && !keys.add(FileIdentity.key(is)));
        return files;
    }

    private Optional<BasicFileAttributes> attributes(Path path) {
        try {
            return Optional.of(Files.readAttributes(path, BasicFileAttributes.class));
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        } catch (IOException e) {
            leaveOut(path, e);
            return Optional.empty();
        }
    }

    private Seen seen(Path path, BasicFileAttributes attributes) {
        Seen before = seen.get(path);
        long modified = attributes.lastModifiedTime().toMillis();
        Seen now = new Seen(FileIdentity.key(attributes), attributes.size(), modified, nanos.getAsLong(), false);
        boolean same = before != null
                && before.key().equals(now.key())
                && before.size() == now.size()
                && before.modified() == modified;
        return same ? before : now;
    }

    private Optional<Candidate> look(Path path, BasicFileAttributes attributes, Set<String> keys, Map<Path, Seen> now) {
        try {
            TextFile text = TextFile.ofText(path).orElseThrow();
            Seen is = now.get(path);
            Optional<Candidate> candidate = candidate(text, attributes, keys, is);
            if (candidate.isEmpty()) {
                now.put(path, is.read());
            }
            return candidate;
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        } catch (IOException | UncheckedIOException e) {
            leaveOut(path, e);
            return Optional.empty();
        }
    }

    /** Whether a file has not changed for {@code rest}: by its own time, or by the time since a look first saw it. */
    private boolean isSettled(Seen file, Duration rest) {
        long age = clock.millis() - file.modified();
        boolean rested = nanos.getAsLong() - file.since() >= rest.toNanos();
        return age >= rest.toMillis() || rested;
    }

    private Optional<Candidate> candidate(TextFile text, BasicFileAttributes attributes, Set<String> keys, Seen is)
            throws IOException {
        String key = FileIdentity.key(attributes);
        // A name alone says nothing where its file has only been renamed.
        Optional<FolderCatalogue.Entry> known = catalogue
                .last(key, FileIdentity.name(text.path()))
                .filter(entry -> entry.file().key().equals(key)
                        || !keys.contains(entry.file().key()));
        boolean last = isSettled(is, settings.lastLine());
        if (known.isEmpty() || !known.get().file().isBeginningOf(text.path())) {
            FileIdentity identity = FileIdentity.of(text.path(), attributes);
            return Optional.of(new Candidate(text, identity, FolderPlace.START, last, false, is.modified()));
        }
        FolderCatalogue.Entry entry = known.get();
        // No place is known in a file that an earlier version noted without a print, nor in one that lines are not
        // added
        // to: each is known by its name alone.
        if (entry.file().print().isEmpty() || !grows(text)) {
            if (isGrown(text, entry, attributes.size())) {
                news.add(text.path() + " has changed since it was read: what is new in it is not read");
            }
            return Optional.empty();
        }
        FolderPlace to = entry.to();
        boolean cut = attributes.size() < to.bytes();
        if (cut) {
            news.add(text.path() + " was cut: " + (to.bytes() - attributes.size())
                    + " bytes that were read are there no longer");
            to = new FolderPlace(attributes.size(), 0, to.lines());
        }
        FileIdentity now = new FileIdentity(
                FileIdentity.name(text.path()),
                key,
                entry.file().print(),
                entry.file().printed());
        return Optional.of(new Candidate(text, now, to, last, cut, is.modified()));
    }

    private static boolean isGrown(TextFile text, FolderCatalogue.Entry entry, long size) {
        return !grows(text)
                && entry.ended()
                && entry.to().bytes() > 0
                && entry.to().bytes() != size;
    }

    /** Whether lines can be added to a file: a text is one record, and of packed lines no place is known. */
    static boolean grows(TextFile text) {
        return text.format() == TextFile.Format.JSONL && text.compression() == Compression.NONE;
    }

    /** All was read: nothing is looked for until the file changes, or a last line without an end has rested for long enough. */
    void read(Candidate candidate, boolean waits) {
        if (waits && candidate.last()) {
            news.add(candidate.file().path() + " ends with a line that is cut off: it is read once it has its end");
        }
        if (!waits || candidate.last()) {
            seen.computeIfPresent(candidate.file().path(), (_, file) -> file.read());
        }
    }

    /** It is tried again when the folder is looked through. */
    void leaveOut(Path path, Exception why) {
        unreadable.put(FileIdentity.name(path), Failures.why(new UncheckedIOException(path.toString(), cause(why))));
    }

    private static IOException cause(Exception why) {
        return why instanceof IOException io
                ? io
                : why instanceof UncheckedIOException unchecked ? unchecked.getCause() : new IOException(why);
    }

    /** The news of files that were read, since the news was last asked for. */
    List<String> news() {
        List<String> told = List.copyOf(news);
        news.clear();
        return told;
    }

    /** The reason why files cannot be read; null where all can. */
    String trouble() {
        if (unreadable.isEmpty()) {
            return null;
        }
        int others = unreadable.size() - 1;
        return unreadable.firstEntry().getValue() + (others == 0 ? "" : ", and " + others + " other files");
    }

    /** The file that a stretch is of, wherever it is called now. */
    Optional<Path> find(FileIdentity identity) throws IOException {
        Path named = settings.directory().resolve(identity.name());
        if (has(named, identity.key())) {
            return identity.isBeginningOf(named) ? Optional.of(named) : Optional.empty();
        }
        try (Stream<Path> files = Files.list(settings.directory())) {
            for (Path path : (Iterable<Path>) files::iterator) {
                if (!identity.key().isEmpty() && has(path, identity.key()) && identity.isBeginningOf(path)) {
                    return Optional.of(path);
                }
            }
        }
        return Files.isRegularFile(named) && identity.isBeginningOf(named) ? Optional.of(named) : Optional.empty();
    }

    private static boolean has(Path path, String key) throws IOException {
        try {
            return FileIdentity.key(Files.readAttributes(path, BasicFileAttributes.class))
                    .equals(key);
        } catch (NoSuchFileException gone) {
            return false;
        }
    }
}
