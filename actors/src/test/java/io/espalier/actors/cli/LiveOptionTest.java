package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The user of a command line writes live text as HOCON, in a file of their own too; what goes on from there is data. */
@Timeout(60)
class LiveOptionTest {
    @TempDir
    Path directory;

    private Path file() throws IOException {
        Files.writeString(directory.resolve("more.conf"), "seed = 7\n");
        return Files.writeString(directory.resolve("live.conf"), """
            home = ${HOME}
            sources.demo { include "more.conf", kind = generated, domains = [ { name = a, words = 50 } ] }
            """);
    }

    private static String value(List<String> arguments) {
        return arguments.get(2);
    }

    @Test
    void aFileOfLiveTextIsReadWithItsVariablesAndIncludes() throws IOException {
        String json = value(LiveOption.asData(List.of("continual", "--live", "@" + file())));
        assertThat(json)
                .startsWith("{\"home\":\"" + System.getenv("HOME") + "\"")
                .contains("\"seed\":7")
                .contains("\"kind\":\"generated\"");
        assertThat(LiveOption.asData(List.of("continual", "--live=@" + file())).get(1))
                .isEqualTo("--live=" + json);
        assertThat(value(LiveOption.asData(List.of("continual", "--live", json))))
                .isEqualTo(json);
    }

    @Test
    void aRecipeThatNamesTheFileIsSubmittedWithItsContent() throws IOException {
        assertThat(LiveOption.asData(ConfigFactory.parseString("live = \"@" + file() + "\""))
                        .getString("live.sources.demo.kind"))
                .isEqualTo("generated");
    }

    @Test
    void theExampleOfTheHelpGetsAsFarAsItsModels() throws IOException {
        CommandLineRun run = CommandLineRun.of(
                "continual",
                "--live",
                "@" + file(),
                "--teacher",
                "no-teacher",
                "--student",
                "no-student",
                "--validation",
                file().toString(),
                "--out",
                directory.resolve("out").toString());
        assertThat(run.err()).contains("no-student");
        assertThat(run.exitCode()).isEqualTo(3);
    }

    @Test
    void whatIsNotThereOrMalformedIsRefusedByName() throws IOException {
        assertThatThrownBy(() -> LiveOption.asData(List.of("continual", "--live", "@" + directory.resolve("none"))))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("none: must be a readable file for --live");
        Path bad = Files.writeString(directory.resolve("bad.conf"), "a = {");
        assertThatThrownBy(() -> LiveOption.asData(List.of("continual", "--live", "@" + bad)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("bad.conf: ");
    }
}
