package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher gives Java a locale that can name any file, needs no home, and builds where it must and may. The Java is one that says what it was given. */
@Tag("full")
@Timeout(60)
class LauncherTest {
    private static final Path ROOT = Path.of(System.getProperty("espalier.root"));
    private static final Path DIST = ROOT.resolve("actors/src/main/dist");

    @TempDir
    Path directory;

    @BeforeEach
    void install() throws IOException {
        Files.copy(ROOT.resolve("espalier"), directory.resolve("espalier"));
        Files.createDirectories(directory.resolve("actors/src/main/dist"));
        Files.copy(DIST.resolve("launch.sh"), directory.resolve("actors/src/main/dist/launch.sh"));
        Files.createDirectories(directory.resolve("actors/target/lib"));
        Files.createFile(directory.resolve("actors/target/espalier-actors-0.1.0-SNAPSHOT.jar"));
        Path java = Files.createDirectories(directory.resolve("jdk/bin")).resolve("java");
        Files.writeString(directory.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
        Files.writeString(java, "#!/bin/sh\necho \"$LC_ALL|$LANG|$HOME\"\n");
        assertThat(java.toFile().setExecutable(true, false)).isTrue();
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

    /** Sources as old as any, and a Maven that leaves a file where it is run. */
    private void sources() throws IOException {
        Files.setLastModifiedTime(directory.resolve("actors/src/main/dist/launch.sh"), FileTime.from(Instant.EPOCH));
        for (String file : List.of("pom.xml", "actors/pom.xml", "actors/src/main/java/A.java")) {
            Path source = directory.resolve(file);
            Files.createDirectories(source.getParent());
            Files.writeString(source, "first");
            Files.setLastModifiedTime(source, FileTime.from(Instant.EPOCH));
        }
        Path maven = Files.createDirectories(directory.resolve("bin")).resolve("mvn");
        Files.writeString(maven, "#!/bin/sh\necho built >>maven-ran\n");
        assertThat(maven.toFile().setExecutable(true, false)).isTrue();
    }

    private record Ended(int code, String said) {}

    private Ended launched(List<String> as) throws IOException, InterruptedException {
        return launched(as, directory.resolve("espalier"));
    }

    private Ended launched(List<String> as, Path script, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(as);
        command.addAll(List.of("bash", script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder launcher = new ProcessBuilder(command).redirectErrorStream(true);
        launcher.environment()
                .put("ESPALIER_JAVA_HOME", directory.resolve("jdk").toString());
        launcher.environment().put("PATH", directory.resolve("bin") + ":" + System.getenv("PATH"));
        launcher.environment().put("HOME", "ran");
        Process process = launcher.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), said);
    }

    private void renew(String file) throws IOException {
        Files.setLastModifiedTime(
                directory.resolve(file), FileTime.from(Instant.now().plusSeconds(5)));
    }

    @Test
    void aCopyWithNewTimesIsNotBuiltAgainAndAChangedSourceIs() throws Exception {
        sources();
        Path ran = directory.resolve("maven-ran");
        assertThat(launched(List.of()).said()).endsWith("ran\n");
        renew("actors/src/main/java/A.java");
        renew("pom.xml");
        assertThat(launched(List.of()).code()).isZero();
        assertThat(ran).doesNotExist();
        Files.writeString(directory.resolve("actors/src/main/java/A.java"), "second");
        renew("actors/src/main/java/A.java");
        assertThat(launched(List.of()).code()).isZero();
        assertThat(ran).hasContent("built");
        // A source that has come in anew is a change too, as is a jar that is another.
        Files.writeString(directory.resolve("actors/src/main/java/B.java"), "third");
        renew("actors/src/main/java/B.java");
        assertThat(launched(List.of()).code()).isZero();
        assertThat(Files.readAllLines(ran)).hasSize(2);
        Files.writeString(directory.resolve("actors/target/espalier-actors-0.1.0-SNAPSHOT.jar"), "other");
        renew("pom.xml");
        assertThat(launched(List.of()).code()).isZero();
        assertThat(Files.readAllLines(ran)).hasSize(3);
    }

    @Test
    void whoMayNotWriteThereBuildsNothingAndIsToldSo() throws Exception {
        boolean root = System.getProperty("user.name").equals("root");
        assumeTrue(!root || Files.isExecutable(Path.of("/usr/bin/setpriv")), "no setpriv to be another user by");
        List<String> stranger =
                root ? List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") : List.of();
        sources();
        renew("pom.xml");
        permit("r-xr-xr-x");
        try {
            Ended old = launched(stranger);
            assertThat(old.code()).as(old.said()).isZero();
            assertThat(old.said()).contains("may not write there").endsWith("ran\n");
            permit("rwxr-xr-x");
            Files.delete(directory.resolve("actors/target/espalier-actors-0.1.0-SNAPSHOT.jar"));
            permit("r-xr-xr-x");
            Ended none = launched(stranger);
            assertThat(none.code()).as(none.said()).isEqualTo(78);
            assertThat(none.said()).contains("is not built", directory.toString());
            assertThat(directory.resolve("maven-ran")).doesNotExist();
        } finally {
            permit("rwxr-xr-x");
        }
    }

    /** The archive as {@code archive.xml} lays it out, at a place with a space in its name, called through a link. */
    @Test
    void anUnpackedArchiveRunsWhereItLiesAndBuildsNothing() throws Exception {
        Path home = directory.resolve("some where/espalier-1");
        Files.createDirectories(home.resolve("bin"));
        Files.createDirectories(home.resolve("lib"));
        Files.copy(DIST.resolve("espalier"), home.resolve("bin/espalier"));
        Files.copy(DIST.resolve("launch.sh"), home.resolve("lib/launch.sh"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), home.resolve("bin/espalier"));
        Files.writeString(directory.resolve("jdk/bin/java"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");

        Ended run = launched(List.of(), link, "inspect", "--model", "a b");
        assertThat(run.code()).as(run.said()).isZero();
        assertThat(run.said().lines())
                .containsSubsequence(
                        "-cp", home.resolve("lib") + "/*", "io.espalier.actors.cli.Main", "inspect", "--model", "a b");

        Path own = Files.createDirectories(home.resolve("runtime/bin")).resolve("java");
        Files.writeString(own, "#!/bin/sh\necho its own\n");
        assertThat(own.toFile().setExecutable(true, false)).isTrue();
        assertThat(launched(List.of(), link).said()).isEqualTo("its own\n");
    }

    private void permit(String permissions) throws IOException {
        for (String folder : List.of("actors/target", "actors", "")) {
            Files.setPosixFilePermissions(directory.resolve(folder), PosixFilePermissions.fromString(permissions));
        }
    }
}
