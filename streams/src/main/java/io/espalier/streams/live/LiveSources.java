package io.espalier.streams.live;

import io.espalier.streams.source.ReadSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;

/** Opens the sources that a recipe names. */
final class LiveSources {
    /** The directory, within the run's, in which sources keep what they remember. */
    private static final String DIRECTORY = "sources";

    private final LiveSettings settings;
    private final ReadSettings reading;
    private final LiveListener listener;
    /** Its threads wait for disks. */
    private final Executor waiting = Thread::startVirtualThread;

    LiveSources(LiveSettings settings, ReadSettings reading, LiveListener listener) {
        this.settings = settings;
        this.reading = reading;
        this.listener = listener;
    }

    List<LiveSource> open() {
        return settings.sources().entrySet().stream()
                .map(source -> open(source.getKey(), source.getValue()))
                .toList();
    }

    private LiveSource open(String name, SourceSettings source) {
        return switch (source) {
            case KafkaSettings kafka ->
                new KafkaSource(
                        name, kafka, remembered(name + ".begin.json"), waiting, InstantSource.system(), listener);
            case HttpSourceSettings http ->
                new HttpSource(
                        name,
                        http.spool()
                                .orElseThrow(() -> LiveKeys.bad(
                                        "sources." + name + ".spool", "\"\"", "must be said, or a daemon must run it")),
                        settings.idle(),
                        waiting,
                        InstantSource.system(),
                        listener);
            case GeneratedSettings generated ->
                new GeneratedSource(
                        name, generated, reading, settings.idle(), waiting, InstantSource.system(), listener);
            case FolderSettings folder ->
                new FolderSource(
                        name,
                        folder,
                        new FolderCatalogue(remembered(name + ".files.jsonl")),
                        reading.maxLineBytes(),
                        settings.idle(),
                        waiting,
                        InstantSource.system(),
                        listener);
        };
    }

    private Path remembered(String file) {
        Path directory = settings.directory().resolve(DIRECTORY);
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
        return directory.resolve(file);
    }
}
