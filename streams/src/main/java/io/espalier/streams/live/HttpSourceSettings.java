package io.espalier.streams.live;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Text that is sent to the daemon.
 *
 * @param spool directory in which it waits; empty while nobody has said it
 */
record HttpSourceSettings(Optional<Path> spool) implements SourceSettings {
    @Override
    public String kind() {
        return "http";
    }
}
