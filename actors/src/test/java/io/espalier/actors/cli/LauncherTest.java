package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher gives Java a locale that can name any file, and needs no home. The Java is one that says what it was given. */
@Tag("full")
@Timeout(60)
class LauncherTest {
    @TempDir
    Path directory;

    @BeforeEach
    void install() throws IOException {
        Path launcher = Path.of(System.getProperty("espalier.root")).resolve("espalier");
        Files.copy(launcher, directory.resolve("espalier"));
        Files.createDirectories(directory.resolve("actors/target/lib"));
        Files.createFile(directory.resolve("actors/target/espalier-actors-0.1.0-SNAPSHOT.jar"));
        Path java = Files.createDirectories(directory.resolve("jdk/bin")).resolve("java");
        Files.writeString(directory.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
        Files.writeString(java, "#!/bin/sh\necho \"$LC_ALL|$LANG|$HOME\"\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
    }

    private String told(Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder launcher = new ProcessBuilder(
                        List.of("bash", directory.resolve("espalier").toString()))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        launcher.environment().keySet().removeAll(List.of("LC_ALL", "LC_CTYPE", "LANG", "HOME"));
        launcher.environment()
                .put("ESPALIER_JAVA_HOME", directory.resolve("jdk").toString());
        launcher.environment().putAll(environment);
        Process process = launcher.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return said.strip();
    }

    @Test
    void withoutALocaleNamesAreUtf8AndWithoutAHomeItStarts() throws Exception {
        assertThat(told(Map.of())).isEqualTo("C.UTF-8||");
        assertThat(told(Map.of("LC_ALL", "C", "LANG", "de_DE.UTF-8"))).isEqualTo("C.UTF-8|de_DE.UTF-8|");
        assertThat(told(Map.of("LANG", "POSIX", "HOME", "/nowhere"))).isEqualTo("C.UTF-8|POSIX|/nowhere");
    }

    @Test
    void aLocaleThatIsThereStaysAndOneThatIsNotIsAsNone() throws Exception {
        assertThat(told(Map.of("LANG", "C.UTF-8"))).isEqualTo("|C.UTF-8|");
        assertThat(told(Map.of("LANG", "xx_YY.UTF-8"))).isEqualTo("C.UTF-8|xx_YY.UTF-8|");
    }
}
