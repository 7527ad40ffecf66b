package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Faults of the path that tensors take leave the weights as they are, while the ranks stay members of the cluster:
 * batches that cannot be sent are given up and asked again, and packets that are lost are sent again.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DataPlaneFaultTest {
    private static final long SEED = Long.getLong("espalier.seed", 23);
    private static final int STEPS = 60;
    private static final int CHECKPOINT_EVERY = 20;
    private static final Duration CUT = Duration.ofSeconds(6);
    private static final List<String> TWO_TEACHERS = List.of("--teacher-ranks", "2");

    @TempDir
    static Path directory;

    private static SupervisedRun.Task task;
    private static SupervisedRun undisturbed;

    @BeforeAll
    static void build() {
        task = new SupervisedRun.Task(TinyWorld.create(directory), STEPS, CHECKPOINT_EVERY);
        undisturbed = task.undisturbed(directory.resolve("undisturbed"));
    }

    @Test
    void aCutIsOutlived() throws IOException {
        Path cut = directory.resolve("cut.now");
        Map<String, String> properties = Map.of(
                "espalier.transport.loss.cut-while", cut.toString(),
                "espalier.transport.give-up-after", "1 s",
                "espalier.teachers.answer-deadline", "2 s");
        try (SupervisedRun run = task.start(directory.resolve("cut"), TWO_TEACHERS, properties)) {
            run.untilStep(10);
            Files.createFile(cut);
            run.untilPassed(CUT);
            Files.delete(cut);
            run.requireEnd(0);
            assertThat(run.logs()).containsAnyOf("takes nothing: ", "has not answered in 2 s");
            assertThat(run.askedAgain()).as(run.logs()).isPositive();
            assertThat(run.consoleBeforeEnd())
                    .as(run.logs())
                    .doesNotContain(": gone")
                    .doesNotContain("has ended: ");
            run.requireSameAs(undisturbed);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.05, 0.2})
    void lostPacketsAreSentAgain(double rate) {
        System.out.println("espalier.seed=" + SEED + ": " + 100 * rate + " % of the packets are lost");
        Map<String, String> properties = Map.of(
                "espalier.transport.channel", "udp",
                "espalier.transport.loss.rate", "" + rate,
                "espalier.transport.loss.seed", "" + SEED);
        try (SupervisedRun run = task.start(directory.resolve("loss-" + rate), TWO_TEACHERS, properties)) {
            run.requireEnd(0);
            run.requireSameAs(undisturbed);
        }
    }
}
