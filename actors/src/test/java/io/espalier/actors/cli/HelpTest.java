package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Help tells each option once, under what it is about, in a sentence that needs no other, and with its default. */
@Timeout(60)
class HelpTest {
    private static final Path ROOT = Path.of(System.getProperty("espalier.root", ".."));

    /** Beginnings that lean on a sentence before. */
    private static final Pattern LEANING =
            Pattern.compile("^(The same|That|Of|It|Its|Default|As|Instead|Also|Else|Or|And|Then|What|How|Who)\\b.*");

    private static Stream<CommandLine> commands(CommandLine root) {
        return Stream.concat(
                Stream.of(root), root.getSubcommands().values().stream().flatMap(HelpTest::commands));
    }

    private static List<OptionSpec> visible(CommandLine command) {
        return command.getCommandSpec().options().stream()
                .filter(option -> !option.hidden())
                .toList();
    }

    @TestFactory
    Stream<DynamicTest> everyOptionStandsInOneGroupWithItsDefault() {
        return commands(Main.commandLine())
                .map(command -> DynamicTest.dynamicTest(command.getCommandSpec().qualifiedName(), () -> {
                    List<OptionGroup> groups = OptionGroup.of(command.getCommandSpec());
                    assertThat(groups.stream().flatMap(group -> group.options().stream()))
                            .containsExactlyInAnyOrderElementsOf(visible(command));
                    assertThat(groups.stream().map(OptionGroup::heading)).doesNotHaveDuplicates();
                    String help =
                            command.getUsageMessage(CommandLine.Help.Ansi.OFF).replaceAll("\\s+", " ");
                    for (OptionSpec option : visible(command)) {
                        String given = OptionGroup.given(option);
                        assertThat(help)
                                .as(option.longestName())
                                .contains(given.isEmpty() ? option.longestName() : "(default: " + given + ").");
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> everyNumberThatAnOptionFallsBackToIsTold() {
        return commands(Main.commandLine())
                .map(command -> DynamicTest.dynamicTest(
                        command.getCommandSpec().qualifiedName(),
                        () -> assertThat(visible(command).stream()
                                        .filter(option -> option.type().isPrimitive()
                                                && option.arity().max() > 0)
                                        .filter(option -> !option.required())
                                        .filter(option ->
                                                OptionGroup.given(option).isEmpty()))
                                .isEmpty()));
    }

    @TestFactory
    Stream<DynamicTest> everySentenceStandsAlone() {
        return commands(Main.commandLine())
                .map(command -> DynamicTest.dynamicTest(
                        command.getCommandSpec().qualifiedName(),
                        () -> assertThat(
                                        visible(command).stream().map(option -> String.join(" ", option.description())))
                                .allSatisfy(text -> assertThat(text)
                                        .doesNotMatch(LEANING)
                                        .matches("(?s).*\\.")
                                        .doesNotContain("DEFAULT-VALUE"))));
    }

    @Test
    void aLongCommandIsInGroupsAndItsExamplesCanBeCopied() {
        String help = CommandLineRun.of("distill", "--help").out();
        assertThat(help.lines().filter(line -> line.matches("[A-Z][a-z ]+:")))
                .containsExactly(
                        "Required:",
                        "Text:",
                        "Loss:",
                        "Teacher:",
                        "Training:",
                        "Optimiser:",
                        "Validation:",
                        "Checkpoints:",
                        "Output:",
                        "Computing:",
                        "General:",
                        "Examples:");
        assertThat(help.lines().findFirst().orElseThrow())
                .isEqualTo("Usage: espalier distill --data=FILE... --out=DIR --teacher=DIR --student=DIR [OPTIONS]");
        assertThat(help).as("colours go to a terminal alone").doesNotContain("\u001b");
        assertThat(help).contains("--student out/depth --data tech.jsonl.gz --steps 400 \\");
    }

    @Test
    void helpOfACommandIsItsOwnHelp() {
        assertThat(CommandLineRun.of("help", "job", "submit"))
                .isEqualTo(CommandLineRun.of("job", "submit", "--help"))
                .extracting(CommandLineRun::exitCode)
                .isEqualTo(0);
        assertThat(CommandLineRun.of("help").out())
                .isEqualTo(CommandLineRun.of("--help").out());
    }

    @Test
    void theTopicsAreThoseThatAreNamed() {
        for (String topic : Topic.NAMES.split(", ", -1)) {
            CommandLineRun run = CommandLineRun.of("help", topic);
            assertThat(run.exitCode()).as(topic).isZero();
            assertThat(run.out()).as(topic).isNotBlank();
        }
        assertThat(Topic.NAMES.split(", ", -1)).hasSize(Topic.values().length);
        assertThat(CommandLineRun.of("help", "espalier-http.conf").out()).contains("espalier");
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit-code", "distil", "setings"})
    void aTopicThatIsMisspeltIsAnsweredByTheNearest(String word) {
        CommandLineRun run = CommandLineRun.of("help", word);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("did you mean ");
    }

    @Test
    void everyVariableThatIsReadIsTold() throws IOException {
        Pattern read = Pattern.compile("getenv\\(\\)?(?:\\.getOrDefault\\()?\"([A-Z_]+)\"|\\{(ESPALIER_[A-Z_]+):-");
        Set<String> variables = new TreeSet<>();
        for (String module : List.of("gpu-node", "streams", "actors")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main"))) {
                for (Path file : files.filter(path -> path.toString().matches(".*\\.(java|sh)"))
                        .toList()) {
                    variables.addAll(read.matcher(Files.readString(file))
                            .results()
                            .map(match -> match.group(1) == null ? match.group(2) : match.group(1))
                            .collect(Collectors.toSet()));
                }
            }
        }
        assertThat(variables).contains("ESPALIER_DEBUG", "ESPALIER_JAVA_OPTS");
        assertThat(Topic.environment().keySet()).containsAll(variables);
    }

    @Test
    void everyFileOfSettingsThatIsForPeopleIsThere() {
        assertThat(Topic.files())
                .allSatisfy(file -> assertThat(Topic.content(file)).contains("espalier"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"job", "bench", "rank", "cluster", "journal", "prepare"})
    void aGroupAloneNamesWhatItHas(String group) {
        CommandLineRun run = CommandLineRun.of(group);
        assertThat(run.exitCode()).isEqualTo(2);
        Set<String> named = Pattern.compile("[a-z-]+")
                .matcher(run.err().lines().findFirst().orElseThrow())
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
        assertThat(named)
                .containsAll(Main.commandLine()
                        .getSubcommands()
                        .get(group)
                        .getSubcommands()
                        .keySet());
    }
}
