package io.espalier.streams.live;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** The records that were sent to the daemon, read from the spool in which they wait. */
final class HttpSource implements LiveSource {
    private final String name;
    private final Path spool;
    private final Duration idle;
    private final Executor executor;
    private final InstantSource clock;
    private final LiveListener listener;
    private long committed;
    private SpoolMarks marks;
    private boolean closed;

    HttpSource(String name, Path spool, Duration idle, Executor executor, InstantSource clock, LiveListener listener) {
        this.name = name;
        this.spool = spool;
        this.idle = idle;
        this.executor = executor;
        this.clock = clock;
        this.listener = listener;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String kind() {
        return "http";
    }

    @Override
    public Source<Arrival, NotUsed> arrivals(SortedMap<Integer, PartitionPosition> from) {
        return PolledArrivals.of(
                name,
                at -> new SpoolFeed(name, spool, PartitionPosition.next(at, 0), clock, listener),
                from,
                PolledArrivals.Rests.after(idle),
                executor,
                listener);
    }

    /** Tells the spool's writer, which may be another process. */
    @Override
    public synchronized void committed(SortedMap<Integer, Long> next) {
        long now = next.getOrDefault(0, 0L);
        if (now > committed) {
            SpoolMarks.committed(spool, now);
            committed = now;
        }
    }

    @Override
    public synchronized Map<Integer, Long> ends() {
        if (marks == null && !closed) {
            marks = SpoolMarks.forReader(spool);
        }
        return marks == null ? Map.of() : Map.of(0, marks.durable());
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (marks != null) {
            marks.close();
            marks = null;
        }
    }
}
