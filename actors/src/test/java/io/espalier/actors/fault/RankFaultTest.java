package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.gpu.FaultPoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job whose ranks meet any fault ends with the weights of the run that nothing happened to, bit for bit (one CPU
 * thread, f32), and has told the same loss of every step once: no batch is lost and none counts twice.
 *
 * <p>A build tries one of the points of each kind of rank, drawn by {@code -Despalier.seed}; {@code
 * -Despalier.fault-points=99} tries them all.
 */
@Tag("full")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class RankFaultTest {
    private static final int POINTS = Integer.getInteger("espalier.fault-points", 1);
    private static final long SEED = Long.getLong("espalier.seed", 31);
    private static final int STEPS = 60;
    private static final int CHECKPOINT_EVERY = 10;
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

    private static SupervisedRun start(String name, Map<String, String> properties, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--teacher-ranks", "2"));
        arguments.addAll(List.of(more));
        return task.start(directory.resolve(name), arguments, properties);
    }

    @Test
    void twoTeachersAndAStudentComputeWhatOneProcessDoes() {
        try (SupervisedRun run = start("supervised", Map.of())) {
            run.requireEnd(0);
            run.requireSameAs(undisturbed);
        }
    }

    @Test
    void aTeacherInTwoStagesSaysWhatAWholeOneDoes() {
        try (SupervisedRun run = start("staged", Map.of(), "--teacher-stages", "2")) {
            run.requireEnd(0);
            run.requireSameAs(undisturbed);
        }
    }

    private static List<FaultPoint> some(Set<FaultPoint> all) {
        List<FaultPoint> points = new ArrayList<>(all);
        Collections.shuffle(points, new Random(SEED));
        List<FaultPoint> drawn = points.subList(0, Math.min(POINTS, points.size()));
        System.out.println("espalier.seed=" + SEED + " espalier.fault-points=" + POINTS + ": " + drawn);
        return drawn;
    }

    @Test
    void teachersMayDieInEveryPhaseOfTheirWork() {
        List<FaultPoint> points = some(FaultPoint.ofTeaching());
        for (int i = 0; i < points.size(); i += 2) {
            Map<String, String> faults = new TreeMap<>();
            faults.put("espalier.fault." + FIRST, fault(points.get(i)));
            if (i + 1 < points.size()) {
                faults.put("espalier.fault." + SECOND, fault(points.get(i + 1)));
            }
            try (SupervisedRun run = start("teacher-" + points.get(i), faults)) {
                run.requireEnd(0);
                assertThat(run.consoleBeforeEnd()).as(run.logs()).contains("rank " + FIRST + ": gone");
                run.requireSameAs(undisturbed);
            }
        }
    }

    private static String fault(FaultPoint point) {
        return point + (point == FaultPoint.TEACHER_LOADING ? ":1" : ":5");
    }

    @Test
    void aStudentMayDieInEveryPhaseOfItsWork() {
        for (FaultPoint point : some(FaultPoint.ofTraining())) {
            String visit = point == FaultPoint.STEP_TAKEN ? ":17" : point == FaultPoint.TRAINING_ENDED ? ":1" : ":2";
            try (SupervisedRun run = start("student-" + point, Map.of("espalier.fault." + STUDENT, point + visit))) {
                run.requireEnd(0);
                assertThat(run.console()).as(run.logs()).contains("the student died (");
                run.requireSameAs(undisturbed);
            }
        }
    }

    @Test
    void aKilledTeacherChangesNothingButTheLog() {
        try (SupervisedRun run = start("killed-teacher", Map.of())) {
            run.untilStep(5);
            SupervisedRun.kill(run.rank(FIRST));
            run.requireEnd(0);
            run.requireSameAs(undisturbed);
        }
    }

    @Test
    void allTeachersMayDieAtOnceWithTheStudent() {
        try (SupervisedRun run = start("all", Map.of())) {
            run.untilStep(5);
            List.of(FIRST, SECOND, STUDENT).forEach(name -> SupervisedRun.kill(run.rank(name)));
            run.requireEnd(0);
            run.requireSameAs(undisturbed);
        }
    }

    @Test
    void aRunWhoseNodeWasKilledIsTakenUpAgain() {
        Path out = directory.resolve("node");
        try (SupervisedRun run = start("node", Map.of())) {
            run.untilStep(25);
            List<ProcessHandle> ranks = List.of(run.rank(FIRST), run.rank(SECOND), run.rank(STUDENT));
            SupervisedRun.kill(run.node());
            run.requireEnd(SupervisedRun.SIGKILLED);
            // They die with their parent.
            ranks.forEach(rank -> rank.onExit().orTimeout(30, TimeUnit.SECONDS).join());
        }
        try (SupervisedRun again = start(out.getFileName().toString(), Map.of())) {
            again.requireEnd(0);
            again.requireSameAs(undisturbed);
        }
    }
}
