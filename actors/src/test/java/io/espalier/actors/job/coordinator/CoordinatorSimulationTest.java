package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.protocol.JobState;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The rules hold whatever is lost, late or said twice, and whoever dies, sleeps or is followed while it lives: one
 * process commits in an epoch, the committed steps are a chain, a student loads its end, and once the trouble is over
 * the job is done. {@code -Despalier.simulations} says how many seeds; a seed that fails is named.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CoordinatorSimulationTest {
    private static final int SEEDS = Integer.getInteger("espalier.simulations", 200);
    private static final long FIRST = Long.getLong("espalier.seed", 1);
    private static final int TROUBLE = 1500;
    private static final int CALM = 6000;

    @Test
    void committedStepsAreOneChainAndTheJobIsDone() {
        Map<String, Integer> seen = new TreeMap<>();
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            SimulatedCluster cluster = new SimulatedCluster(seed);
            cluster.run(TROUBLE, true);
            cluster.run(CALM, false);
            JobLog log = JobLog.of(cluster.journal.events(SimulatedCluster.JOB));
            assertThat(log.state()).as("seed " + seed + ": " + log).isEqualTo(JobState.STOPPED);
            assertThat(log.committedStep()).as("seed " + seed).isEqualTo(SimulatedCluster.STEPS);
            for (JobEvent event : cluster.journal.events(SimulatedCluster.JOB)) {
                seen.merge(event.getClass().getSimpleName(), 1, Integer::sum);
            }
            cluster.seen.forEach((what, count) -> seen.merge(what, count, Integer::sum));
        }
        System.out.println("simulation: seeds " + FIRST + " to " + (FIRST + SEEDS - 1) + ", " + seen);
        assertThat(seen).containsKeys("fenced", "deposed", "coordinators at once", "late renames", "StudentLost");
    }
}
