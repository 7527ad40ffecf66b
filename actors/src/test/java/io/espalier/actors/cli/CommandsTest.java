package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Every command explains itself with an example; wrong use is one line and its exit code. */
@Timeout(60)
class CommandsTest {
    @TempDir
    Path directory;

    private static Stream<CommandLine> commands(CommandLine root) {
        return Stream.concat(
                Stream.of(root), root.getSubcommands().values().stream().flatMap(CommandsTest::commands));
    }

    @TestFactory
    Stream<DynamicTest> everyCommandHasHelpAndAnExample() {
        return commands(Main.commandLine())
                .map(command -> DynamicTest.dynamicTest(command.getCommandName(), () -> {
                    assertThat(command.getUsageMessage()).containsPattern("Examples?:\\R +espalier ");
                    assertThat(command.getCommandSpec().findOption("--help")).isNotNull();
                }));
    }

    @TestFactory
    Stream<DynamicTest> wrongUseIsOneLineAndExitCodeTwo() {
        return Stream.<List<String>>of(
                        List.of("distil"),
                        List.of("inspect"),
                        List.of("inspect", "--mode", "x"),
                        List.of("eval", "--model", "x", "--data", "y", "--batch", "many"),
                        List.of("prune", "--model", "x", "--layers", "six", "--out", "z"),
                        List.of("prune", "--model", "x", "--depth", "by-luck", "--out", "z"),
                        List.of("plan", "--model", "x", "--skip", "luck"),
                        List.of("prepare"),
                        List.of("prepare", "mmlu"),
                        List.of("eval", "--model", "x"),
                        List.of("train", "--data", "x", "--out", "y"),
                        List.of(
                                "quickstart",
                                "--teacher",
                                "x",
                                "--out",
                                directory.resolve("q").toString()),
                        List.of("job", "list", "--server", "ftp://h:1"),
                        List.of("job", "list", "--server", "http:///x"),
                        List.of("job", "list", "--server", "one two"),
                        List.of("generate", "--model", "x", "--prompt", "p", "--top-p", "0"))
                .map(arguments -> DynamicTest.dynamicTest(String.join(" ", arguments), () -> {
                    CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
                    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
                    assertThat(run.out()).isEmpty();
                    assertThat(run.err().lines().findFirst().orElseThrow()).startsWith("espalier: ");
                }));
    }

    @Test
    void whatIsNotThereIsExitCodeThree() {
        CommandLineRun run = CommandLineRun.of(
                "inspect", "--model", directory.resolve("absent").toString());
        assertThat(run.exitCode()).isEqualTo(3);
        assertThat(run.err().lines()).singleElement().asString().contains("absent");
    }

    @Test
    void aRecipeGivesOptionsAndTheCommandLineWins() throws IOException {
        Path recipe = Files.writeString(directory.resolve("r.conf"), "model = a\ninspect { }\ndistill { steps = 3 }\n");
        assertThat(Recipe.expand(Main.commandLine(), List.of("inspect", "--recipe", recipe.toString())))
                .containsExactly("inspect", "--model", "a");
        assertThat(Recipe.expand(Main.commandLine(), List.of("inspect", "--recipe", recipe.toString(), "--model", "b")))
                .containsExactly("inspect", "--model", "b");
    }

    @Test
    void aRecipeIsNamedInEitherWayOfWritingAnOptionAndOnce() throws IOException {
        Path recipe = Files.writeString(directory.resolve("r.conf"), "model = a\n");
        assertThat(Recipe.expand(Main.commandLine(), List.of("inspect", "--recipe=" + recipe)))
                .containsExactly("inspect", "--model", "a");
        CommandLineRun twice = CommandLineRun.of("inspect", "--recipe=" + recipe, "--recipe", recipe.toString());
        assertThat(twice.exitCode()).isEqualTo(2);
        assertThat(twice.err()).contains("--recipe: must be given once");
    }

    @Test
    void anUnknownKeyOfARecipeIsExitCodeSeventyEight() throws IOException {
        Path recipe = Files.writeString(directory.resolve("r.conf"), "modle = a\n");
        CommandLineRun run = CommandLineRun.of("inspect", "--recipe", recipe.toString());
        assertThat(run.exitCode()).isEqualTo(78);
        assertThat(run.err()).contains("key modle is no option of inspect; did you mean model?");
    }

    @TestFactory
    Stream<DynamicTest> everyRecipeShippedIsUnderstood() throws IOException {
        Path recipes = Path.of(System.getProperty("espalier.root", "..")).resolve("config/recipes");
        try (Stream<Path> files = Files.list(recipes)) {
            List<Path> shipped = files.sorted().toList();
            assertThat(shipped).isNotEmpty();
            return shipped.stream()
                    .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                        String command = file.getFileName().toString().replaceFirst("-.*", "");
                        List<String> arguments =
                                Recipe.expand(Main.commandLine(), List.of(command, "--recipe", file.toString()));
                        assertThat(Main.commandLine()
                                        .parseArgs(arguments.toArray(String[]::new))
                                        .hasSubcommand())
                                .isTrue();
                    }));
        }
    }
}
