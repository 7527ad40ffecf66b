package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.TestJvm;
import io.espalier.gpu.Safeguard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each safeguard has a test that fails without it: the test is run in a process of its own, with {@code
 * -Despalier.unsafe.without=NAME} and as it is.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SafeguardRedTest {
    /**
     * Class and method.
     *
     * @param properties that make it small
     */
    private record Named(String type, String method, List<String> properties) {
        Named(String type, String method) {
            this(type, method, List.of());
        }
    }

    private static final Named ALL_OF_KAFKA = new Named(
            "io.espalier.actors.daemon.KafkaLifeTest",
            "eachRecordCountsOnceThoughTheDaemonIsKilledAndSoIsTheBroker",
            List.of("-Despalier.kafka.records=3000", "-Despalier.daemon.kills=1"));

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
            case IDEMPOTENCY_KEYS, SOURCE_POSITIONS -> ALL_OF_KAFKA;
        };
    }

    /** Tests that have been seen green: two safeguards may share one. */
    private static final Set<Named> GREEN = new HashSet<>();

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Safeguard.class)
    void itsTestIsRedWithoutItAndGreenWithIt(Safeguard safeguard) throws Exception {
        Named test = testOf(safeguard);
        Path log = directory.resolve("log");
        if (GREEN.add(test)) {
            assertThat(run(test, List.of(), log)).as(Files.readString(log)).isEqualTo(OneTest.GREEN);
        }
        String without = "-Despalier.unsafe.without=" + safeguard.optionName();
        assertThat(run(test, List.of(without), log)).as(Files.readString(log)).isEqualTo(OneTest.RED);
        assertThat(Files.readString(log))
                .containsPattern("Assertion(Failed)?Error")
                .contains(test.method());
    }

    private static int run(Named test, List<String> properties, Path log) throws IOException, InterruptedException {
        List<String> flags = new ArrayList<>(test.properties());
        flags.addAll(properties);
        flags.add("-Despalier.root=" + System.getProperty("espalier.root"));
        List<String> command = TestJvm.commandBesideStreams(OneTest.class.getName(), flags);
        command.addAll(List.of(test.type(), test.method()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(process.waitFor(4, TimeUnit.MINUTES))
                    .as(Files.readString(log))
                    .isTrue();
            return process.exitValue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().onExit().join();
        }
    }
}
