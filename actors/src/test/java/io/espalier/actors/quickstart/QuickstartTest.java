package io.espalier.actors.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.cli.CommandLineRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command of the README passes its own verdict. A build takes half of its text and of its steps; {@code
 * -Despalier.quickstart.whole=true} takes the command as it is, which is some minutes on two cores.
 */
@Tag("full")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class QuickstartTest {
    private static final List<String> HALF =
            List.of("--documents", "1500", "--teacher-steps", "250", "--steps", "100", "--samples", "128");

    @TempDir
    Path directory;

    @Test
    void passesItsOwnVerdict() {
        Path out = directory.resolve("quickstart");
        List<String> arguments = new ArrayList<>(List.of("quickstart", "--out", out.toString()));
        if (!Boolean.getBoolean("espalier.quickstart.whole")) {
            arguments.addAll(HALF);
        }
        CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
        System.out.println(run.out());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(out.resolve("report.md")).isRegularFile();
        assertThat(out.resolve("kl.png")).isRegularFile();
        assertThat(out.resolve("student-depth/config.json")).isRegularFile();
        assertThat(out.resolve("student-width/config.json")).isRegularFile();
    }
}
