package io.espalier.streams.live;

import io.espalier.streams.source.ReadSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** A stream that is made up. */
record GeneratedSource(
        String name,
        GeneratedSettings settings,
        ReadSettings reading,
        Duration idle,
        Executor executor,
        InstantSource clock,
        LiveListener listener)
        implements LiveSource {
    private static final double NANOS = 1e9;

    @Override
    public String kind() {
        return settings.kind();
    }

    @Override
    public Source<Arrival, NotUsed> arrivals(SortedMap<Integer, PartitionPosition> from) {
        Source<Arrival, NotUsed> all = PolledArrivals.of(
                name,
                at -> new GeneratedFeed(name, settings, reading, PartitionPosition.next(at, 0), clock),
                from,
                PolledArrivals.Rests.after(idle),
                executor,
                listener);
        return settings.recordsPerSecond() == 0
                ? all
                : all.throttle(1, Duration.ofNanos((long) (NANOS / settings.recordsPerSecond())));
    }

    @Override
    public void committed(SortedMap<Integer, Long> next) {
        // Any record can be made again.
    }

    @Override
    public Map<Integer, Long> ends() {
        return Map.of();
    }

    @Override
    public void close() {
        // The stream owns all that is open.
    }
}
