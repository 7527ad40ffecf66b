package io.espalier.streams.live;

import java.nio.file.Path;
import java.time.Duration;

/**
 * A directory into which files are put.
 *
 * @param settle a file that was changed within this time is still being written
 * @param lastLine a last line without its end counts, if it is whole, once the file has not changed for this time
 */
record FolderSettings(Path directory, Duration settle, Duration lastLine) implements SourceSettings {
    @Override
    public String kind() {
        return "folder";
    }
}
