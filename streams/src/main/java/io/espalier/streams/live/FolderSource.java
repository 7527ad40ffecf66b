package io.espalier.streams.live;

import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/**
 * A watched folder.
 *
 * @param longest bytes of a record
 */
record FolderSource(
        String name,
        FolderSettings settings,
        FolderCatalogue catalogue,
        int longest,
        Duration idle,
        Executor executor,
        InstantSource clock,
        LiveListener listener)
        implements LiveSource {
    @Override
    public String kind() {
        return settings.kind();
    }

    @Override
    public Source<Arrival, NotUsed> arrivals(SortedMap<Integer, PartitionPosition> from) {
        return PolledArrivals.of(
                name,
                at -> new FolderFeed(
                        name, settings, catalogue, longest, PartitionPosition.next(at, 0), clock, listener),
                from,
                PolledArrivals.Rests.after(idle),
                executor,
                listener);
    }

    @Override
    public void committed(SortedMap<Integer, Long> next) {
        catalogue.forget(
                next.getOrDefault(0, 0L),
                file -> Files.exists(settings.directory().resolve(file)));
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
