package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A command that ends well says what it left, and commands that this program takes. */
@Timeout(60)
class NextStepsTest {
    @TempDir
    Path directory;

    private String said(boolean json, String... commands) {
        CommonOptions common = new CommonOptions();
        common.json = json;
        return CommandLineRun.of(() -> {
                    NextSteps.say(common, directory, List.of(commands));
                    return 0;
                })
                .err();
    }

    @Test
    void theContentOfThePlaceAndTheCommandsAreTold() throws IOException {
        Files.writeString(directory.resolve("config.json"), "{}");
        Files.createDirectory(directory.resolve("checkpoints"));
        assertThat(said(false, "espalier one", "espalier two").lines())
                .containsExactly(
                        "",
                        "left in " + directory + ": checkpoints/, config.json",
                        "next: espalier one",
                        "      espalier two");
    }

    @Test
    void aProgramIsToldNothing() {
        assertThat(said(true, "espalier one")).isEmpty();
    }

    @Test
    void aPathIsOneWordOfAShell() {
        assertThat(NextSteps.word(Path.of("out/student"))).isEqualTo("out/student");
        assertThat(NextSteps.word(Path.of("my model/it's"))).isEqualTo("'my model/it'\\''s'");
        assertThat(NextSteps.word(Path.of("a;b$c"))).isEqualTo("'a;b$c'");
    }

    @Test
    void theStepsAfterARunAreCommandsOfThisProgram() {
        List<String> steps = RunReport.next(Path.of("out/student"), Path.of("models/teacher"));
        assertThat(steps).hasSize(3).allSatisfy(step -> {
            String[] words = step.split(" ", -1);
            Main.commandLine().parseArgs(Arrays.copyOfRange(words, 1, words.length));
        });
        assertThat(steps.getFirst()).contains("--teacher models/teacher");
        assertThat(RunReport.next(Path.of("out/student"), null).getFirst()).doesNotContain("--teacher");
    }
}
