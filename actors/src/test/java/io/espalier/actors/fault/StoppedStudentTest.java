package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.actors.rank.ResidentMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A student that stands still, and that everybody waits for, fills nobody's memory: teachers that are not asked for more
 * stop computing, and what they hold is a window. Then the run goes on as if nothing had been. {@code
 * -Despalier.stopped-seconds=60} stops it for a minute.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class StoppedStudentTest {
    private static final Duration STOPPED = Duration.ofSeconds(Integer.getInteger("espalier.stopped-seconds", 20));
    private static final int STEPS = 60;
    private static final int CHECKPOINT_EVERY = 20;
    private static final int BATCH = 16;
    private static final int LENGTH = 256;

    /** Hidden states of a batch as the tiny teacher sends them: 32 floats a token. */
    private static final long FRAME_BYTES = BATCH * LENGTH * 32L * Float.BYTES;
    /** Two batches that are asked for, and four frames that may be on their way. */
    private static final long WINDOW_BYTES = (2 + 4) * FRAME_BYTES;
    /**
     * The bytes by which the heap of a JVM at rest may move; teachers that went on would fill many times as much each
     * second.
     */
    private static final long JVM_BYTES = 24L << 20;
    /** The share of a processor that heartbeats and polling take, where computing takes a whole one. */
    private static final double AT_REST = 0.3;

    private static final List<String> TEACHERS = List.of("local-teacher-0", "local-teacher-1");
    /** Longer than the student is stopped for. */
    private static final String PATIENCE = "5 minutes";

    private static final Map<String, String> PATIENT = Map.of(
            "espalier.node.detection.acceptable-pause", PATIENCE,
            "espalier.coordinator.silence", PATIENCE,
            "espalier.teachers.answer-deadline", PATIENCE,
            "espalier.transport.give-up-after", PATIENCE,
            "espalier.transport.client-liveness", PATIENCE,
            "espalier.transport.image-liveness", PATIENCE,
            "espalier.transport.connection-timeout", PATIENCE,
            "espalier.transport.driver-timeout", "6 minutes");

    @TempDir
    Path directory;

    @Test
    void nobodysMemoryGrowsByMoreThanAWindow() {
        SupervisedRun.Task task =
                new SupervisedRun.Task(TinyWorld.create(directory), STEPS, CHECKPOINT_EVERY, BATCH, LENGTH);
        SupervisedRun undisturbed = task.undisturbed(directory.resolve("undisturbed"));
        try (SupervisedRun run = task.start(directory.resolve("stopped"), List.of("--teacher-ranks", "2"), PATIENT)) {
            run.untilStep(STEPS / 2);
            ProcessHandle student = run.rank("local-student-0");
            Map<String, ProcessHandle> others = new LinkedHashMap<>();
            others.put("node", run.node());
            TEACHERS.forEach(name -> others.put(name, run.rank(name)));
            Map<String, Long> before = new LinkedHashMap<>();
            others.forEach((name, process) -> before.put(name, resident(process)));

            SupervisedRun.signal(student, "STOP");
            Duration filling = STOPPED.dividedBy(2);
            run.untilPassed(filling);
            Map<String, Long> busy = new LinkedHashMap<>();
            others.forEach((name, process) -> busy.put(name, processorNanos(process)));
            run.untilPassed(STOPPED.minus(filling));
            others.forEach((name, process) -> {
                long grown = resident(process) - before.get(name);
                double load = (double) (processorNanos(process) - busy.get(name))
                        / STOPPED.minus(filling).toNanos();
                System.out.printf(
                        "student stopped for %s: %s has grown by %d KiB, uses %.2f of a processor%n",
                        STOPPED, name, grown >> 10, load);
                assertThat(grown).as(name).isLessThan(WINDOW_BYTES + JVM_BYTES);
                assertThat(load).as(name).isLessThan(AT_REST);
            });

            SupervisedRun.signal(student, "CONT");
            run.requireEnd(0);
            assertThat(run.consoleBeforeEnd()).as(run.logs()).doesNotContain(": gone");
            run.requireSameAs(undisturbed);
        }
    }

    private static long resident(ProcessHandle process) {
        try {
            return ResidentMemory.bytes(process.pid());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long processorNanos(ProcessHandle process) {
        return process.info().totalCpuDuration().orElseThrow().toNanos();
    }
}
