package io.espalier.actors.quickstart;

import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.util.List;

/**
 * The texts that a quickstart works on.
 *
 * @param training text to train and calibrate on
 * @param heldOut text that only measures
 */
record Material(List<TextFile> training, List<TextFile> heldOut) {
    static Material of(List<Path> training, List<Path> heldOut) {
        return new Material(TextFile.find(training, List.of()), TextFile.find(heldOut, List.of()));
    }
}
