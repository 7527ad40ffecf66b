package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/**
 * The documents beside the code say what is so: their links lead somewhere, the commands in them exist with the options that
 * they are shown with, and the reference is the one that the code gives. {@code -Despalier.docs.write=true} writes it anew.
 */
@Timeout(60)
class DocsTest {
    private static final Path ROOT = Path.of(System.getProperty("espalier.root"));
    private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]+)(#[^)]*)?\\)");
    private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]*");

    private static List<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(
                            Stream.of(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md")),
                            docs.filter(file -> file.toString().endsWith(".md")))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void everyLinkLeadsToAFile() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path document : documents()) {
            Matcher link = LINK.matcher(Files.readString(document));
            while (link.find()) {
                String target = link.group(1);
                if (!target.contains("://") && !Files.exists(document.resolveSibling(target))) {
                    broken.add(ROOT.relativize(document) + ": " + target);
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void everyCommandExistsWithItsOptions() throws IOException {
        List<String> unknown = new ArrayList<>();
        int commands = 0;
        CommandLine line = Main.commandLine();
        for (Path document : documents()) {
            for (String written : Files.readAllLines(document)) {
                String command = written.strip().replaceFirst("^\\$ ", "");
                if (command.startsWith("./espalier ")) {
                    commands++;
                    unknownParts(line, command).forEach(part -> unknown.add(ROOT.relativize(document) + ": " + part));
                }
            }
        }
        assertThat(commands).as("commands in the documents").isGreaterThan(10);
        assertThat(unknown).isEmpty();
    }

    /** The subcommands and options of a line, up to its comment, that the command line does not have. */
    private static List<String> unknownParts(CommandLine espalier, String line) {
        List<String> words = Arrays.asList(line.replaceFirst("\\s#.*", "").split("\\s+"));
        CommandLine command = espalier;
        int next = 1;
        while (next < words.size() && command.getSubcommands().containsKey(words.get(next))) {
            command = command.getSubcommands().get(words.get(next++));
        }
        if (next == 1) {
            return List.of("no command in: " + line);
        }
        CommandLine last = command;
        return words.stream()
                .filter(word -> OPTION.matcher(word).matches())
                .filter(word -> last.getCommandSpec().findOption(word) == null)
                .map(word -> word + " of: " + line)
                .toList();
    }

    @Test
    void theReferenceIsWhatTheCodeGives() throws IOException {
        Path file = ROOT.resolve("docs/reference.md");
        String reference = Reference.text();
        if (Boolean.getBoolean("espalier.docs.write")) {
            Files.writeString(file, reference);
        }
        assertThat(Files.readString(file))
                .as("docs/reference.md is old: mvn test -Dtest=DocsTest -Despalier.docs.write=true"
                        + " -Dsurefire.failIfNoSpecifiedTests=false writes it anew")
                .isEqualTo(reference);
    }
}
