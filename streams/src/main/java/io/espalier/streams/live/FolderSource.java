package io.espalier.streams.live;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
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
                        name,
                        settings,
                        catalogue,
                        longest,
                        PartitionPosition.next(at, 0),
                        clock,
                        System::nanoTime,
                        listener),
                from,
                PolledArrivals.Rests.after(idle),
                executor,
                listener);
    }

    @Override
    public void committed(SortedMap<Integer, Long> next) {
        catalogue.forget(next.getOrDefault(0, 0L), this::there);
    }

    /** The names and keys of the folder's files; fails where it cannot be listed, so that no file is taken for gone. */
    private Set<String> there() {
        Set<String> there = new HashSet<>();
        try (Stream<Path> files = Files.list(settings.directory())) {
            for (Path path : (Iterable<Path>) files::iterator) {
                there.add(FileIdentity.name(path));
                there.add(FileIdentity.key(Files.readAttributes(path, BasicFileAttributes.class)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(settings.directory().toString(), e);
        }
        return there;
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
