package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** The modules below name settings: no text of theirs spells an option of this command line. */
@Timeout(60)
class FlagsTest {
    private static final Pattern TEXT = Pattern.compile("\"(?:[^\"\\\\\\n]|\\\\.)*\"");
    private static final Pattern FLAG = Pattern.compile("--[a-z][a-z0-9-]*");
    /** Files whose text is printed in the reference, which is the command line's. */
    private static final Set<String> DOCUMENTATION = Set.of("FamilyTable.java", "Bridge.java");

    private static Set<String> options(CommandLine line) {
        Set<String> options = new TreeSet<>(line.getCommandSpec().optionsMap().keySet());
        line.getSubcommands().values().forEach(sub -> options.addAll(options(sub)));
        return options;
    }

    private static Stream<String> flags(Path source) {
        try {
            return TEXT.matcher(Files.readString(source))
                    .results()
                    .flatMap(text -> FLAG.matcher(text.group()).results())
                    .map(MatchResult::group);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void theModulesBelowSpellNoOption() throws IOException {
        Set<String> options = options(Main.commandLine());
        assertThat(options).contains("--beta2", "--drop-layers");
        Path root = Path.of("..").toAbsolutePath().normalize();
        for (String module : List.of("gpu-node", "streams")) {
            try (Stream<Path> sources = Files.walk(root.resolve(module).resolve("src/main/java"))) {
                List<Path> files = sources.filter(path -> path.toString().endsWith(".java"))
                        .filter(path ->
                                !DOCUMENTATION.contains(path.getFileName().toString()))
                        .toList();
                assertThat(files).as(module).isNotEmpty();
                for (Path file : files) {
                    assertThat(flags(file).filter(options::contains).collect(Collectors.toSet()))
                            .as("%s names the setting (Refused.setting): the command line adds the dashes", file)
                            .isEmpty();
                }
            }
        }
    }
}
