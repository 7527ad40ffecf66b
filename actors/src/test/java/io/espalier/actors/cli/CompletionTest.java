package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The scripts by which shells complete hold every command and option that is meant for people. */
@Timeout(60)
class CompletionTest {
    private static String script(String shell) {
        CommandLineRun run = CommandLineRun.of("completion", shell);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    @Test
    void fishIsToldEachOptionOfEachCommand() {
        String script = script("fish");
        for (CommandLine command : Main.commandLine().getSubcommands().values()) {
            if (command.getCommandSpec().usageMessage().hidden()) {
                continue;
            }
            String seen = "'__fish_seen_subcommand_from " + command.getCommandName();
            for (OptionSpec option : command.getCommandSpec().options()) {
                assertThat(script.lines()
                                .filter(line -> line.contains(seen))
                                .filter(line -> line.contains(
                                        " -l " + option.longestName().substring(2) + " ")))
                        .as(option.longestName())
                        .isNotEmpty();
            }
        }
        assertThat(script).doesNotContain("rank-process");
        assertThat(script.lines().filter(line -> line.contains(" -l hidden-loss ")))
                .isNotEmpty()
                .allMatch(line -> line.contains("-a 'mse normalised-mse cosine attention-relation'"));
        assertThat(script.lines().filter(line -> line.contains(" -l plan ")))
                .isNotEmpty()
                .allMatch(line -> line.contains(" -F "));
    }

    @Test
    void bashAndZshHaveOneScriptWithConstantsAsOptionsSpellThem() {
        String script = script("bash");
        assertThat(script("zsh")).isEqualTo(script);
        assertThat(script)
                .contains("\"normalised-mse\"", "\"Q4_K_M\"", "compgen -f")
                .doesNotContain("NORMALISED_MSE")
                .doesNotContain("rank-process");
    }

    @ParameterizedTest
    @ValueSource(strings = {"normalised-mse", "NORMALISED_MSE", "Normalised-Mse"})
    void aConstantIsUnderstoodHoweverItIsSpelled(String written) {
        Main.commandLine()
                .parseArgs(
                        "distill",
                        "--teacher",
                        "t",
                        "--student",
                        "s",
                        "--data",
                        "d",
                        "--out",
                        "o",
                        "--hidden-loss",
                        written);
    }
}
