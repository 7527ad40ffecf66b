package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.TestJvm;
import io.espalier.gpu.Safeguard;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * For each safeguard there is a test that fails without it: it is run in a process of its own, with {@code
 * -Despalier.unsafe.without=NAME} and as it is.
 */
@Tag("minutes")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SafeguardRedTest {
    /** Class and method. */
    private record Named(String type, String method) {}

    private static Named testOf(Safeguard safeguard) {
        return switch (safeguard) {
            case EPOCH_FENCING ->
                new Named("io.espalier.actors.job.coordinator.JobCoordinatorTest", "aZombieStudentsCommitIsRefused");
            case FRAME_CRC ->
                new Named("io.espalier.streams.transport.AssemblerTest", "aFrameWithAFlippedBitIsDropped");
            case DUPLICATE_CHECK ->
                new Named(
                        "io.espalier.actors.teacher.TeacherPoolTest",
                        "anAnswerThatCameBeforeIsNotTakenForAnotherBatch");
        };
    }

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Safeguard.class)
    void itsTestIsRedWithoutItAndGreenWithIt(Safeguard safeguard) throws Exception {
        Named test = testOf(safeguard);
        Path log = directory.resolve("log");
        assertThat(run(test, List.of(), log)).as(Files.readString(log)).isEqualTo(OneTest.GREEN);
        String without = "-Despalier.unsafe.without=" + safeguard.optionName();
        assertThat(run(test, List.of(without), log)).as(Files.readString(log)).isEqualTo(OneTest.RED);
        assertThat(Files.readString(log))
                .containsPattern("Assertion(Failed)?Error")
                .contains(test.method());
    }

    private static int run(Named test, List<String> properties, Path log) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(TestJvm.FLAGS);
        command.addAll(properties);
        command.addAll(List.of("-cp", TestJvm.classPath() + File.pathSeparator + testsOfStreams()));
        command.addAll(List.of(OneTest.class.getName(), test.type(), test.method()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES))
                    .as(Files.readString(log))
                    .isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly().onExit().join();
        }
    }

    /** They are not among this module's dependencies; a build from the root has compiled them. */
    private static Path testsOfStreams() {
        Path classes = Path.of(System.getProperty("espalier.root"), "streams", "target", "test-classes");
        assertThat(classes).isDirectory();
        return classes;
    }
}
