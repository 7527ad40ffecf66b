package io.espalier.streams;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Vectors and text beside the checkout; tests that need them are skipped, saying so, where they are absent. */
public final class Shared {
    private Shared() {}

    /** The path below the shared folder; skips the test where it is absent. */
    public static Path require(String relative) {
        String named = System.getProperty("espalier.shared", "");
        Path checkout = Path.of(System.getProperty("espalier.root", ".."));
        Path root = checkout.resolve(named.isBlank() ? "../shared" : named).normalize();
        Path path = root.resolve(relative);
        assumeTrue(Files.exists(path), path + " is absent");
        return path;
    }
}
