package io.espalier.actors.settings;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An option's value, or, behind an @, the file that holds it. */
public final class TextOrFile {
    private TextOrFile() {}

    /**
     * What is meant.
     *
     * @throws Refused where the file cannot be read
     */
    public static String read(String option, String value) {
        if (!value.startsWith("@")) {
            return value;
        }
        Path file = Path.of(value.substring(1));
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw Refused.notFound(file, "must be a readable file for " + option);
        }
    }
}
