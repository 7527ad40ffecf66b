package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The files of a folder one after the other, oldest first, each once it is complete. */
final class FolderFeed implements Feed {
    private static final int AT_ONCE = 64;
    private static final int BYTES_AT_ONCE = 1 << 20;

    private final String name;
    private final FolderSettings settings;
    private final FolderCatalogue catalogue;
    private final int longest;
    private final InstantSource clock;
    private final LiveListener listener;
    private FolderCatalogue.Entry entry;
    private RecordFile open;
    private Arrival.Form form;
    private long next;

    /**
     * @param longest bytes of a record
     * @param next number of the first record
     */
    FolderFeed(
            String name,
            FolderSettings settings,
            FolderCatalogue catalogue,
            int longest,
            long next,
            InstantSource clock,
            LiveListener listener) {
        this.name = name;
        this.settings = settings;
        this.catalogue = catalogue;
        this.longest = longest;
        this.next = next;
        this.clock = clock;
        this.listener = listener;
        this.entry = catalogue.at(next);
    }

    private record Candidate(Path path, long modified) {}

    @Override
    public List<Arrival> poll() {
        List<Arrival> found = new ArrayList<>();
        if (open == null && !(entry == null ? begin() : goOn(found))) {
            return found;
        }
        int bytes = 0;
        while (found.size() < AT_ONCE && bytes < BYTES_AT_ONCE) {
            RecordFile.Piece piece = next < entry.end() ? open.next() : null;
            if (piece == null) {
                finish(found);
                break;
            }
            found.add(arrival(piece));
            bytes += piece.bytes().length;
        }
        return found;
    }

    private Arrival arrival(RecordFile.Piece piece) {
        return new Arrival.Item(
                name, 0, next, ++next, null, clock.instant(), piece.where(), form, piece.bytes(), piece.fault());
    }

    /** What the file has lost since it was begun must not be taken from the next one. */
    private void finish(List<Arrival> found) {
        open.close();
        open = null;
        if (entry.end() == Long.MAX_VALUE) {
            catalogue.end(next);
        } else if (next < entry.end()) {
            listener.sourceError(
                    name, entry.name() + " ends " + (entry.end() - next) + " records before it did at first");
            pass(found);
        }
        entry = catalogue.at(next);
    }

    private void pass(List<Arrival> found) {
        next = entry.end();
        found.add(new Arrival.Mark(name, 0, next));
    }

    /** Opens the file that was begun before; where it is gone, goes past it. */
    private boolean goOn(List<Arrival> found) {
        Path path = settings.directory().resolve(entry.name());
        Optional<TextFile> file = Files.isRegularFile(path) ? TextFile.ofText(path) : Optional.empty();
        if (file.isPresent()) {
            open(file.get());
            for (long given = entry.first(); given < next; given++) {
                open.next();
            }
            return true;
        }
        listener.sourceError(name, path + " is gone: what was not read of it is lost");
        if (entry.end() == Long.MAX_VALUE) {
            catalogue.end(next);
        } else {
            pass(found);
        }
        entry = catalogue.at(next);
        return false;
    }

    private boolean begin() {
        Optional<Candidate> oldest = candidates();
        if (oldest.isEmpty()) {
            return false;
        }
        Candidate file = oldest.get();
        open(TextFile.ofText(file.path()).orElseThrow());
        entry = catalogue.begin(file.path().getFileName().toString(), next);
        return true;
    }

    private void open(TextFile file) {
        form = file.format() == TextFile.Format.TEXT ? Arrival.Form.TEXT : Arrival.Form.JSON;
        open = new RecordFile(file, longest);
    }

    /** The oldest complete file that has not been begun. */
    private Optional<Candidate> candidates() {
        if (!Files.isDirectory(settings.directory())) {
            throw Refused.notFound(settings.directory(), "must be a directory, to be watched");
        }
        long settled = clock.instant().minus(settings.settle()).toEpochMilli();
        try (Stream<Path> files = Files.list(settings.directory())) {
            return files.filter(path -> !path.getFileName().toString().startsWith("."))
                    .filter(path -> !catalogue.contains(path.getFileName().toString()))
                    .filter(Files::isRegularFile)
                    .filter(path -> TextFile.ofText(path).isPresent())
                    .map(FolderFeed::candidate)
                    .filter(file -> file.modified() <= settled)
                    .min(Comparator.comparingLong(Candidate::modified).thenComparing(Candidate::path));
        } catch (IOException e) {
            throw new UncheckedIOException(settings.directory().toString(), e);
        }
    }

    private static Candidate candidate(Path path) {
        try {
            return new Candidate(path, Files.getLastModifiedTime(path).toMillis());
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }

    @Override
    public void close() {
        if (open != null) {
            open.close();
            open = null;
        }
    }
}
