package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.quickstart.TinyWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run whose ranks are killed again and again, any of them at any time, has the weights of the run that nothing
 * happened to. {@code -Despalier.kills=100} kills more often, {@code -Despalier.seed} at other times; both are printed,
 * with how often each rank was hit and how long no step was told after a kill.
 */
@Tag("full")
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class RandomKillTest {
    private static final int KILLS = Integer.getInteger("espalier.kills", 4);
    private static final long SEED = Long.getLong("espalier.seed", 29);
    /**
     * The steps that are usually more than a run takes until a killed rank is back. A run that ends sooner must have
     * seen half of the kills.
     */
    private static final int STEPS_PER_KILL = 300;

    private static final int CHECKPOINT_EVERY = 20;
    private static final int LONGEST_PAUSE_MILLIS = 1000;
    private static final String STUDENT = "local-student-0";
    private static final List<String> RANKS = List.of("local-teacher-0", "local-teacher-1", STUDENT);
    /** However young the ranks die, and the student without a checkpoint: it is the test that decides how often. */
    private static final Map<String, String> PATIENT = Map.of(
            "espalier.node.ranks.healthy-after", "1 ms", "espalier.coordinator.max-student-restarts", "" + KILLS);

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final Map<String, Integer> hits = new TreeMap<>();
    private final List<Duration> silences = new ArrayList<>();

    @Test
    void aRunOutlivesWhatIsKilledAtRandom() {
        System.out.println("espalier.seed=" + SEED + " espalier.kills=" + KILLS);
        SupervisedRun.Task task =
                new SupervisedRun.Task(TinyWorld.create(directory), STEPS_PER_KILL * KILLS, CHECKPOINT_EVERY);
        SupervisedRun undisturbed = task.undisturbed(directory.resolve("undisturbed"));
        try (SupervisedRun run = task.start(directory.resolve("killed"), List.of("--teacher-ranks", "2"), PATIENT)) {
            run.untilStep(1);
            for (int kill = 0; kill < KILLS && run.steps() < task.steps() - STEPS_PER_KILL / 2; kill++) {
                kill(run, RANKS.get(random.nextInt(RANKS.size())));
            }
            System.out.println("after the last kill: step " + run.steps());
            run.requireEnd(0);
            run.requireSameAs(undisturbed);
            assertThat(silences).hasSizeGreaterThanOrEqualTo((KILLS + 1) / 2);
        } finally {
            tell();
        }
    }

    private void kill(SupervisedRun run, String rank) {
        run.untilPassed(Duration.ofMillis(random.nextInt(LONGEST_PAUSE_MILLIS)));
        ProcessHandle victim = run.rank(rank);
        int before = readied(run, rank);
        Instant killed = Instant.now();
        SupervisedRun.kill(victim);
        hits.merge(rank, 1, Integer::sum);
        victim.onExit().join();
        run.until("a step after a kill", () -> run.lastTold().isAfter(killed));
        silences.add(Duration.between(killed, Instant.now()));
        if (!rank.equals(STUDENT)) {
            run.until(
                    rank + " is back",
                    () -> readied(run, rank) > before || !run.node().isAlive());
        }
    }

    /** The number of times that a rank's process was told to be ready. */
    private static int readied(SupervisedRun run, String rank) {
        return Math.toIntExact(Pattern.compile("rank " + rank + ": (?:ready|working)")
                .matcher(run.console())
                .results()
                .count());
    }

    private void tell() {
        List<Duration> sorted = silences.stream().sorted().toList();
        System.out.println("kills by rank: " + hits);
        if (!sorted.isEmpty()) {
            System.out.printf(
                    Locale.ROOT,
                    "from a kill to the next step: median %d ms, longest %d ms%n",
                    sorted.get(sorted.size() / 2).toMillis(),
                    sorted.getLast().toMillis());
        }
    }
}
