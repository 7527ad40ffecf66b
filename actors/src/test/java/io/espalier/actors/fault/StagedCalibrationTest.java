package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.cli.CommandLineRun;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.gpu.FaultPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A calibration whose layers are spread over processes has the scores of the one in one process, byte for byte (one CPU
 * thread, f32), and so has the model that is cut by them, whichever process dies on the way; nothing else is left of it.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class StagedCalibrationTest {
    @TempDir
    static Path directory;

    private static TinyWorld world;

    @BeforeAll
    static void measureInOneProcess() {
        world = TinyWorld.create(directory);
        assertThat(prune("whole", Map.of()).exitCode()).isZero();
    }

    private static Path scores(String name) {
        return directory.resolve(name + ".scores");
    }

    private static List<String> arguments(String name, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("prune", "--model", world.teacher().toString()));
        arguments.addAll(List.of("--layers", "1", "--ffn", "32", "--compensate", "gains", "--calibration"));
        world.text().forEach(file -> arguments.add(file.toString()));
        // 18 batches, the last of one row.
        arguments.addAll(List.of("--samples", "35", "--batch", "2", "--seq-length", "32"));
        arguments.addAll(List.of("--threads", "1", "--dtype", "f32", "--serve-length", "32"));
        arguments.addAll(List.of("--scores", scores(name).toString()));
        arguments.addAll(List.of("--out", directory.resolve(name).toString()));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private static CommandLineRun prune(String name, Map<String, String> properties, String... more) {
        properties.forEach(System::setProperty);
        try {
            return CommandLineRun.of(arguments(name, more).toArray(String[]::new));
        } finally {
            properties.keySet().forEach(System::clearProperty);
        }
    }

    private static void requireSameAsWhole(String name) throws IOException {
        assertThat(scores(name)).hasSameBinaryContentAs(scores("whole"));
        for (String file : List.of("model.safetensors", "plan.json")) {
            assertThat(directory.resolve(name).resolve(file))
                    .hasSameBinaryContentAs(directory.resolve("whole").resolve(file));
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left.map(path -> path.getFileName().toString())).noneMatch(each -> each.contains(".work-"));
        }
    }

    @Test
    void twoStagesGiveTheScoresAndTheModelOfOneProcess() throws IOException {
        CommandLineRun run = prune("staged", Map.of(), "--teacher-stages", "2");
        assertThat(run.exitCode()).as(run.err()).isZero();
        requireSameAsWhole("staged");
    }

    @Test
    void aStageThatDiesHasTheTextReadAnew() throws IOException {
        Map<String, String> fault = Map.of("espalier.fault.local-teacher-1", FaultPoint.REQUEST_TAKEN + ":9");
        CommandLineRun run = prune("stage-lost", fault, "--teacher-stages", "2");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("rank local-teacher-1: gone");
        requireSameAsWhole("stage-lost");
    }
}
