package io.espalier.gpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Vectors, models and text beside the checkout; tests that need them are skipped, saying so, where they are absent. */
public final class Shared {
    private Shared() {}

    /** Whether a folder was named on the command line, so that finding nothing in it is a failure. */
    public static boolean named() {
        return !System.getProperty("espalier.shared", "").isBlank();
    }

    /** A folder named relatively is meant from the top of the checkout, where Maven was called. */
    public static Path root() {
        Path checkout = Path.of(System.getProperty("espalier.root", ".."));
        return checkout.resolve(named() ? System.getProperty("espalier.shared") : "../shared")
                .normalize();
    }

    /** The path below the shared folder; skips the test where it is absent. */
    public static Path require(String relative) {
        Path path = root().resolve(relative);
        assumeTrue(Files.exists(path), path + " is absent");
        return path;
    }

    /**
     * Folders directly under {@code golden/} and {@code golden/families/} that satisfy the predicate, sorted. Finding none skips the tests, but in a
     * folder named on the command line it fails those that no such folder can lack.
     */
    public static List<Path> goldenCases(String what, boolean required, Predicate<Path> isCase) {
        Path golden = root().resolve("golden");
        assumeTrue(named() || Files.isDirectory(golden), golden + " is absent");
        try (Stream<Path> folders = Files.walk(golden, 2)) {
            List<Path> cases = folders.filter(folder -> folder.getParent().equals(golden)
                            || folder.getParent().equals(golden.resolve("families")))
                    .filter(isCase)
                    .sorted()
                    .toList();
            System.out.println("golden: " + cases.size() + " " + what + " cases in " + golden);
            if (cases.isEmpty() && required && named()) {
                throw new AssertionError("no " + what + " case in " + golden);
            }
            assumeTrue(!cases.isEmpty(), "no " + what + " case in " + golden);
            return cases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
