package io.espalier.streams.live;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A directory into which files are put.
 *
 * @param settle a file that was changed within this time is still being written
 */
record FolderSettings(Path directory, Duration settle) implements SourceSettings {
    @Override
    public String kind() {
        return "folder";
    }
}
