package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.quickstart.TinyWorld;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ranks that are busy are not taken for dead, though each of three computes with as many threads as there are processors. */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LoadedRunTest {
    private static final int STEPS = 40;
    private static final int CHECKPOINT_EVERY = 20;
    private static final int BATCH = 8;
    private static final int LENGTH = 256;

    @TempDir
    Path directory;

    @Test
    void aBusyRunLosesNobody() {
        SupervisedRun.Task task =
                new SupervisedRun.Task(TinyWorld.create(directory), STEPS, CHECKPOINT_EVERY, BATCH, LENGTH);
        Map<String, String> threads =
                Map.of("espalier.node.ranks.threads", "" + Runtime.getRuntime().availableProcessors());
        try (SupervisedRun run = task.start(directory.resolve("loaded"), List.of("--teacher-ranks", "2"), threads)) {
            run.requireEnd(0);
            assertThat(run.steps()).isEqualTo(STEPS);
            assertThat(run.consoleBeforeEnd())
                    .as(run.logs())
                    .doesNotContain(": gone")
                    .doesNotContain("is gone")
                    .doesNotContain("has ended: ");
            assertThat(run.logs()).doesNotContainIgnoringCase("unreachable").doesNotContain("has not answered in");
        }
    }
}
