package io.espalier.actors.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The end of a command's report, on standard error: what it left where, and commands that go on from there. */
final class NextSteps {
    /** A word that a shell takes as it is. */
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_./,+=:@-]+");

    private NextSteps() {}

    /** Says nothing to a program, which reads JSON. */
    static void say(CommonOptions common, Path out, List<String> commands) {
        if (!common.json) {
            System.err.println("\nleft in " + out + ": " + content(out));
            System.err.println("next: " + String.join("\n      ", commands));
        }
    }

    /** A path as a word of a shell. */
    static String word(Path path) {
        String name = path.toString();
        return WORD.matcher(name).matches() ? name : "'" + name.replace("'", "'\\''") + "'";
    }

    private static String content(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName() + (Files.isDirectory(entry) ? "/" : ""))
                    .sorted()
                    .collect(Collectors.joining(", "));
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }
}
