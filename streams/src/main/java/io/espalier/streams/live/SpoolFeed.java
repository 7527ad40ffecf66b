package io.espalier.streams.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** The records of a spool as far as they are on disk, while another process may append more. */
final class SpoolFeed implements Feed {
    private static final int AT_ONCE = 64;
    private static final int BYTES_AT_ONCE = 1 << 20;

    private final String name;
    private final Path directory;
    private final InstantSource clock;
    private final LiveListener listener;
    private SpoolMarks marks;
    private SegmentReader open;
    /** First number of the open segment. */
    private long first;

    /** The number behind the last record of the open segment; {@link Long#MAX_VALUE} where the segment is the last. */
    private long end;

    private long next;

    SpoolFeed(String name, Path directory, long next, InstantSource clock, LiveListener listener) {
        this.name = name;
        this.directory = directory;
        this.next = next;
        this.clock = clock;
        this.listener = listener;
    }

    @Override
    public List<Arrival> poll() {
        List<Arrival> found = new ArrayList<>();
        try {
            int bytes = 0;
            long durable = durable();
            while (next < durable && found.size() < AT_ONCE && bytes < BYTES_AT_ONCE) {
                bytes += read(durable, found);
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    private long durable() {
        if (marks == null) {
            marks = SpoolMarks.forReader(directory);
        }
        return marks == null ? 0 : marks.durable();
    }

    /** Gives one thing, or goes on to the next segment; returns the bytes that it gave. */
    private int read(long durable, List<Arrival> found) throws IOException {
        if (open == null && !seek(found)) {
            return 0;
        }
        if (open.nextOffset() >= end) {
            leave();
            return 0;
        }
        SegmentReader.Found piece = open.next();
        return switch (piece) {
            case SegmentReader.Whole whole -> give(whole.frame(), found);
            case SegmentReader.Lost lost -> lose(lost.to(), found);
            case null -> ended(durable, found);
        };
    }

    /** There is no more here: either the next segment has been begun meanwhile, or all up to it is damaged. */
    private int ended(long durable, List<Arrival> found) throws IOException {
        if (end == Long.MAX_VALUE) {
            end = firstAfter(first, SpoolSegment.list(directory));
            if (end != Long.MAX_VALUE) {
                return 0;
            }
        }
        lose(Math.min(end, durable), found);
        leave();
        return 0;
    }

    private int give(SpoolFrame frame, List<Arrival> found) {
        if (frame.offset() < next) {
            return 0;
        }
        SpoolRecord record = frame.record();
        found.add(new Arrival.Item(
                name,
                0,
                next,
                next + 1,
                RecordKey.of(record.key()),
                record.arrived(),
                name + ":" + next,
                Arrival.Form.JSON,
                record.json(),
                null));
        next++;
        return frame.bytes();
    }

    /** Records that were acknowledged and cannot be read are one dead record. */
    private int lose(long to, List<Arrival> found) {
        if (to > next) {
            found.add(new Arrival.Item(
                    name,
                    0,
                    next,
                    to,
                    null,
                    clock.instant(),
                    directory + ":" + next,
                    Arrival.Form.JSON,
                    new byte[0],
                    (to - next) + " records are damaged on disk: their checksum does not hold"));
            next = to;
        }
        return 0;
    }

    /** Opens the segment that holds the next record; what the spool has no longer is passed over. */
    private boolean seek(List<Arrival> found) throws IOException {
        List<SpoolSegment> segments = SpoolSegment.list(directory);
        SpoolSegment holder = null;
        for (SpoolSegment segment : segments) {
            holder = segment.first() <= next ? segment : holder;
        }
        end = firstAfter(holder == null ? next : holder.first(), segments);
        if (holder == null) {
            listener.sourceError(name, "records " + next + " to " + end + " are gone from " + directory);
            next = end;
            found.add(new Arrival.Mark(name, 0, next));
            return false;
        }
        open = new SegmentReader(holder);
        first = holder.first();
        return true;
    }

    /** First number of the next segment; {@link Long#MAX_VALUE} where there is none. */
    private static long firstAfter(long number, List<SpoolSegment> segments) {
        return segments.stream()
                .mapToLong(SpoolSegment::first)
                .filter(first -> first > number)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private void leave() throws IOException {
        open.close();
        open = null;
    }

    @Override
    public void close() {
        try {
            if (open != null) {
                leave();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        } finally {
            if (marks != null) {
                marks.close();
                marks = null;
            }
        }
    }
}
