package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.live.LiveSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The recipe that init writes is one that its command takes, and says of each option what the command does without it. */
@Timeout(60)
class RecipeTemplateTest {
    private static final CommandLine LINE = Main.commandLine();

    @TempDir
    Path directory;

    private static Stream<String> commands() {
        return LINE.getSubcommands().entrySet().stream()
                .filter(command -> RecipeTemplate.takesRecipe(command.getValue().getCommandSpec()))
                .map(Map.Entry::getKey);
    }

    private Path written(String command) {
        Path recipe = directory.resolve(command + ".conf");
        CommandLineRun run = CommandLineRun.of("init", recipe.toString(), "--command", command);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return recipe;
    }

    /** The value of each option of a command that reads a recipe. */
    private static Map<String, String> values(String command, Path recipe) {
        List<String> arguments = Recipe.expand(LINE, List.of(command, "--recipe", recipe.toString()));
        CommandSpec spec =
                LINE.parseArgs(arguments.toArray(String[]::new)).subcommand().commandSpec();
        Map<String, String> values = new TreeMap<>();
        for (OptionSpec option : spec.options()) {
            Object value = option.getValue();
            values.put(option.longestName(), "" + value);
        }
        return values;
    }

    @TestFactory
    Stream<DynamicTest> aCommandTakesItsRecipeAsItIs() {
        return commands()
                .map(command -> DynamicTest.dynamicTest(
                        command,
                        () -> assertThat(values(command, written(command))).isNotEmpty()));
    }

    @TestFactory
    Stream<DynamicTest> aLineThatIsTakenInChangesNothing() {
        return commands()
                .map(command -> DynamicTest.dynamicTest(command, () -> {
                    Path recipe = written(command);
                    CommandSpec spec = LINE.getSubcommands().get(command).getCommandSpec();
                    String all = Files.readString(recipe);
                    int taken = 0;
                    for (OptionSpec option : spec.options()) {
                        String line = "#" + option.longestName().substring(2) + " = ";
                        boolean hasValue = option.arity().max() == 0
                                || !OptionGroup.given(option).isEmpty();
                        if (hasValue && all.contains("\n" + line)) {
                            all = all.replace("\n" + line, "\n" + line.substring(1));
                            taken++;
                        }
                    }
                    assertThat(taken).isEqualTo(optional(spec));
                    Path whole = Files.writeString(directory.resolve("whole.conf"), all);
                    assertThat(values(command, whole)).isEqualTo(values(command, recipe));
                }));
    }

    /** Options outside the general ones that hold something where they are not given. */
    private static int optional(CommandSpec spec) {
        return (int) OptionGroup.of(spec).stream()
                .filter(group -> !group.heading().equals("General"))
                .flatMap(group -> group.options().stream())
                .filter(option -> !option.required())
                .filter(option ->
                        option.arity().max() == 0 || !OptionGroup.given(option).isEmpty())
                .count();
    }

    @Test
    void itDescribesAJobOfADaemon() {
        for (String command : RecipeCompiler.COMMANDS) {
            List<String> arguments = LiveOption.asData(Recipe.expand(
                    LINE, List.of(command, "--recipe", written(command).toString())));
            assertThat(DescribesJob.of(LINE, arguments).job()).isNotNull();
        }
    }

    @Test
    void theLiveSectionOfAContinualOneIsASource() {
        assertThat(LiveSettings.of(Recipe.parse(written("continual")).getConfig("live"), directory)
                        .sources())
                .containsOnlyKeys("inbox");
    }

    @Test
    void aFileThatIsThereStays() throws IOException {
        Path mine = Files.writeString(directory.resolve("mine.conf"), "steps = 3\n");
        CommandLineRun run = CommandLineRun.of("init", mine.toString());
        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(mine).hasContent("steps = 3");
    }

    @Test
    void aCommandWithoutRecipesIsRefusedByName() {
        CommandLineRun run =
                CommandLineRun.of("init", directory.resolve("r.conf").toString(), "--command", "daemon");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--command").contains("daemon").contains("distill");
    }
}
