package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shells complete what is typed by the script that is printed for them; each is asked itself, where it is installed. */
@Tag("full")
@Timeout(60)
class CompletionInShellsTest {
    @TempDir
    Path directory;

    private static String script(String shell) {
        CommandLineRun run = CommandLineRun.of("completion", shell);
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    /** The answer of a shell to a program in its language. */
    private String said(String shell, String program) throws IOException, InterruptedException {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(place -> Files.isExecutable(Path.of(place, shell))),
                shell + " is not installed");
        Files.writeString(directory.resolve("script"), script(shell));
        Files.writeString(directory.resolve("plan.json"), "");
        Path file = Files.writeString(directory.resolve("program"), program);
        ProcessBuilder builder = new ProcessBuilder(shell, file.toString())
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("HOME", directory.toString());
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return said;
    }

    @ParameterizedTest
    @CsvSource({
        "'di', distill",
        "'job su', submit",
        "'distill --min-l', --min-learning-rate",
        "'distill --hidden-loss norm', normalised-mse",
        "'prune --plan pl', plan.json",
        "'job submit pl', plan.json",
        "'completion f', fish",
    })
    void bashCompletes(String typed, String expected) throws Exception {
        String words = "espalier " + typed;
        assertThat(said("bash", """
            source ./script
            COMP_WORDS=(%s)
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _complete_espalier espalier
            printf '%%s\\n' "${COMPREPLY[@]}"
            """.formatted(words)).lines()).contains(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "'di', distill",
        "'job su', submit",
        "'distill --min-l', --min-learning-rate",
        "'distill --hidden-loss norm', normalised-mse",
        "'prune --plan pl', plan.json",
        "'job submit pl', plan.json",
        "'completion f', fish",
    })
    void fishCompletes(String typed, String expected) throws Exception {
        String said = said("fish", "source ./script; complete -C 'espalier " + typed + "'\n");
        assertThat(said.lines().map(line -> line.replaceFirst("\t.*", ""))).contains(expected);
    }
}
