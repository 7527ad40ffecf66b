package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.quickstart.TinyWorld;
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

/**
 * A rank that stands still and then goes on changes nothing. Where it stood still for longer than a living one may, the
 * cluster has let it go, its node has ended and replaced it; where it did so for less, what it says too late is not wanted.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ZombieTest {
    private static final int STEPS = 60;
    private static final int CHECKPOINT_EVERY = 10;
    private static final Duration LONG = Duration.ofSeconds(30);
    /** Noticed neither by the cluster nor by the transport. */
    private static final Duration SHORT = Duration.ofSeconds(6);

    private static final String STUDENT = "local-student-0";
    private static final String FIRST = "local-teacher-0";
    private static final String SECOND = "local-teacher-1";

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
    void aTeacherThatStandsStillIsReplaced() {
        standsStill("stopped-teacher", FIRST);
    }

    @Test
    void aStudentThatStandsStillIsReplaced() {
        SupervisedRun run = standsStill("stopped-student", STUDENT);
        assertThat(run.console()).as(run.logs()).contains("the student died");
    }

    /** Stops the one teacher that there is, or the student: the run must wait for its successor. */
    private static SupervisedRun standsStill(String name, String rank) {
        try (SupervisedRun run = task.start(directory.resolve(name), List.of("--teacher-ranks", "1"), Map.of())) {
            run.untilStep(15);
            ProcessHandle zombie = run.rank(rank);
            SupervisedRun.signal(zombie, "STOP");
            run.untilPassedOrGone(LONG, zombie);
            if (zombie.isAlive()) {
                SupervisedRun.signal(zombie, "CONT");
            }
            run.requireEnd(0);
            assertThat(run.consoleBeforeEnd())
                    .as(run.logs())
                    .contains("rank [" + rank + "] has ended: the cluster has let it go")
                    .contains("rank " + rank + ": gone");
            run.requireSameAs(undisturbed);
            return run;
        }
    }

    @Test
    void answersThatComeTooLateAreNotTaken() {
        Map<String, String> impatient = Map.of("espalier.teachers.answer-deadline", "2 s");
        try (SupervisedRun run = task.start(directory.resolve("late"), List.of("--teacher-ranks", "2"), impatient)) {
            run.untilStep(15);
            List<ProcessHandle> teachers = List.of(run.rank(FIRST), run.rank(SECOND));
            teachers.forEach(teacher -> SupervisedRun.signal(teacher, "STOP"));
            run.untilPassed(SHORT);
            teachers.forEach(teacher -> SupervisedRun.signal(teacher, "CONT"));
            run.requireEnd(0);
            assertThat(run.askedAgain()).as(run.logs()).isPositive();
            assertThat(run.logs()).contains("has not answered in 2 s");
            assertThat(run.consoleBeforeEnd()).as(run.logs()).doesNotContain(": gone");
            run.requireSameAs(undisturbed);
        }
    }
}
