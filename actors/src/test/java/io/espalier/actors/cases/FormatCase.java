package io.espalier.actors.cases;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.actors.cli.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder with an input on which tools go wrong, and a README with the command to run and what is right.
 *
 * @param folder the input's
 * @param command its words, without the program's name, paths as the README writes them
 * @param right the README's words
 * @param out an empty folder, in the place of the README's paths below /tmp
 */
record FormatCase(Path folder, List<String> command, String right, Path out) {
    private static final Pattern RUN = Pattern.compile("(?m)^ {4}espalier (.+?)(?: +#.*| && .*)?$");
    private static final Pattern SPACES = Pattern.compile(" +");
    private static final Pattern RIGHT = Pattern.compile("(?m)^Right: (.+)$");

    static FormatCase read(Path folder, Path out) throws IOException {
        String readme = Files.readString(folder.resolve("README.md"));
        String line = first(RUN, readme, folder);
        return new FormatCase(folder, List.of(SPACES.split(line)), first(RIGHT, readme, folder), out);
    }

    private static String first(Pattern pattern, String text, Path where) {
        Matcher found = pattern.matcher(text);
        assertThat(found.find()).as(where + ": README.md has " + pattern).isTrue();
        return found.group(1);
    }

    String name() {
        return folder.getFileName().toString();
    }

    /** Returns this case with more options on its command. */
    FormatCase with(String... options) {
        return new FormatCase(
                folder, Stream.concat(command.stream(), Stream.of(options)).toList(), right, out);
    }

    /** Runs the README's command. */
    CommandLineRun run() {
        return CommandLineRun.of(command.stream().map(this::word).toArray(String[]::new));
    }

    private String word(String word) {
        if (word.startsWith("/tmp/")) {
            return out.resolve(word.substring("/tmp/".length())).toString();
        }
        Path input = folder.getParent().resolve(word);
        boolean isPath = !word.startsWith("-") && Files.exists(input);
        return isPath ? input.toAbsolutePath().toString() : word;
    }

    /** Runs the README's command, which must end with exit code 0, and returns the JSON that it printed. */
    JsonNode json() throws IOException {
        CommandLineRun run = run();
        assertThat(run.exitCode()).as(run.err()).isZero();
        return new ObjectMapper().readTree(run.out());
    }
}
