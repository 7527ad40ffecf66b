package io.espalier.streams.live;

import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The files of a folder one after the other, oldest first, and what is added to them later. The folder is looked through
 * again once all is read that was found, and the less often, the longer that takes.
 */
final class FolderFeed implements Feed {
    private static final int AT_ONCE = 512;
    private static final int BYTES_AT_ONCE = 1 << 20;
    /** The rest after a look, in lengths of that look: a tenth of the time at most is spent on looking. */
    private static final int REST_TO_LOOK = 9;

    private final String name;
    private final FolderCatalogue catalogue;
    private final FolderLook look;
    private final int longest;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final LiveListener listener;
    private final Deque<FolderLook.Candidate> waiting = new ArrayDeque<>();
    /** Null where a stretch is gone on with that was begun before. */
    private FolderLook.Candidate candidate;

    private FolderCatalogue.Entry entry;
    private RecordFile open;
    private Arrival.Form form;
    private long next;
    private long nextLook;
    /** Whether this poll has looked through the folder: the files that it finds may have nothing to give yet. */
    private boolean looked;

    /**
     * Makes the feed of a folder.
     *
     * @param longest bytes of a record
     * @param next number of the first record
     * @param nanos a clock that nobody sets
     */
    FolderFeed(
            String name,
            FolderSettings settings,
            FolderCatalogue catalogue,
            int longest,
            long next,
            InstantSource clock,
            LongSupplier nanos,
            LiveListener listener) {
        this.name = name;
        this.catalogue = catalogue;
        this.look = new FolderLook(settings, catalogue, clock, nanos);
        this.longest = longest;
        this.next = next;
        this.clock = clock;
        this.nanos = nanos;
        this.listener = listener;
        this.nextLook = nanos.getAsLong();
        this.entry = catalogue.at(next);
    }

    @Override
    public List<Arrival> poll() {
        List<Arrival> found = new ArrayList<>();
        int bytes = 0;
        looked = false;
        while (found.size() < AT_ONCE && bytes < BYTES_AT_ONCE && (open != null || open(found))) {
            RecordFile.Piece piece = piece();
            if (piece == null) {
                finish(found);
            } else {
                found.add(arrival(piece));
                bytes += piece.bytes().length + 1;
            }
        }
        catalogue.sync();
        return found;
    }

    private boolean open(List<Arrival> found) {
        while (entry != null) {
            if (goOn(found)) {
                return true;
            }
        }
        return begin();
    }

    /** Null where the stretch ends; the rest of a file that cannot be read on is left for later. */
    private RecordFile.Piece piece() {
        if (entry != null && next >= entry.end()) {
            return null;
        }
        try {
            RecordFile.Piece piece = open.next();
            if (piece != null && entry == null) {
                entry = catalogue.begin(candidate.identity(), candidate.from(), next);
            }
            return piece;
        } catch (UncheckedIOException e) {
            if (entry != null && entry.ended()) {
                throw e;
            }
            look.leaveOut(open.path(), e);
            candidate = null;
            return null;
        }
    }

    private Arrival arrival(RecordFile.Piece piece) {
        return new Arrival.Item(
                name, 0, next, ++next, null, clock.instant(), piece.where(), form, piece.bytes(), piece.fault());
    }

    /** Records that the file has lost since it was begun must not be taken from the next file. */
    private void finish(List<Arrival> found) {
        if (entry != null && !entry.ended()) {
            catalogue.end(next, open.place());
        } else if (entry != null && next < entry.end()) {
            listener.sourceError(
                    name, entry.file().name() + " ends " + (entry.end() - next) + " records before it did at first");
            pass(found);
        }
        if (candidate != null) {
            look.read(candidate, open.waits());
        }
        closeOpen();
        entry = catalogue.at(next);
    }

    private void pass(List<Arrival> found) {
        next = entry.end();
        found.add(new Arrival.Mark(name, 0, next));
    }

    /** Opens the file that was begun before; where it is gone, goes past it. */
    private boolean goOn(List<Arrival> found) {
        FolderPlace from = new FolderPlace(
                entry.from().bytes(),
                entry.from().records() + next - entry.first(),
                entry.from().lines());
        try {
            Optional<TextFile> file = look.find(entry.file()).flatMap(TextFile::ofText);
            if (file.isPresent()) {
                open(file.get(), from, entry.ended());
                return true;
            }
            listener.sourceError(name, entry.file().name() + " is gone: what was not read of it is lost");
            leave(found, from);
        } catch (IOException | UncheckedIOException e) {
            if (entry.ended()) {
                // Its records have their numbers: nothing else can be read in their place.
                throw e instanceof UncheckedIOException unchecked
                        ? unchecked
                        : new UncheckedIOException(entry.file().name(), (IOException) e);
            }
            leave(found, from);
        }
        return false;
    }

    /** Leaves the stretch that was begun last where it is, and reads others. */
    private void leave(List<Arrival> found, FolderPlace at) {
        if (entry.ended()) {
            pass(found);
        } else {
            catalogue.end(next, at);
        }
        entry = catalogue.at(next);
    }

    private boolean begin() {
        if (waiting.isEmpty()) {
            lookThrough();
        }
        while (!waiting.isEmpty()) {
            candidate = waiting.removeFirst();
            try {
                open(candidate.file(), candidate.from(), candidate.last());
                entry = candidate.cut() ? catalogue.begin(candidate.identity(), candidate.from(), next) : null;
                return true;
            } catch (UncheckedIOException e) {
                look.leaveOut(candidate.file().path(), e);
            }
        }
        candidate = null;
        return false;
    }

    private void lookThrough() {
        long now = nanos.getAsLong();
        if (looked || now - nextLook < 0) {
            return;
        }
        looked = true;
        waiting.addAll(look.candidates());
        look.news().forEach(what -> listener.sourceError(name, what));
        long after = nanos.getAsLong();
        nextLook = after + REST_TO_LOOK * (after - now);
    }

    private void open(TextFile file, FolderPlace from, boolean last) {
        form = file.format() == TextFile.Format.TEXT ? Arrival.Form.TEXT : Arrival.Form.JSON;
        open = new RecordFile(file, longest, from, last);
    }

    @Override
    public String trouble() {
        return look.trouble();
    }

    private void closeOpen() {
        if (open != null) {
            open.close();
            open = null;
        }
        candidate = null;
    }

    @Override
    public void close() {
        closeOpen();
    }
}
