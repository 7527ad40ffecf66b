package io.espalier.actors.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.cli.CommandLineRun;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command of the README, with its defaults: it must pass its own verdict. Takes minutes. */
@Tag("full")
@Timeout(900)
class QuickstartTest {
    @TempDir
    Path directory;

    @Test
    void passesItsOwnVerdict() {
        Path out = directory.resolve("quickstart");
        CommandLineRun run = CommandLineRun.of("quickstart", "--out", out.toString());
        System.out.println(run.out());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(out.resolve("report.md")).isRegularFile();
        assertThat(out.resolve("kl.png")).isRegularFile();
        assertThat(out.resolve("student-depth/config.json")).isRegularFile();
        assertThat(out.resolve("student-width/config.json")).isRegularFile();
    }
}
