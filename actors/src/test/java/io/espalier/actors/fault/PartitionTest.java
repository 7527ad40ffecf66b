package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.JobEvent.CheckpointCommitted;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.JobEnded;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.job.journal.PostgresServer;
import io.espalier.actors.node.Authority;
import io.espalier.actors.node.NodeProcess;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.quickstart.TinyWorld;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes on hosts of their own, of which a switch cuts some off without a word. Where a majority is left it goes on in a
 * higher epoch from what was committed; whoever is not of it ends with status 75 and, started again, joins again. The journal
 * tells one history, and the weights are those of the run that nothing happened to.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class PartitionTest {
    private static final int STEPS = 80;
    private static final int CHECKPOINT_EVERY = 10;
    private static final int CUT_AT = 25;
    /** "Try again": what a node ends with that the cluster has let go. */
    private static final int LET_GO = 75;

    private static final List<String> NODES = List.of("a", "b", "c");
    private static final String STUDENT = "students = 1";
    private static final String TEACHER = "teachers = 1";
    private static final String NO_RANK = "teachers = 0";

    @TempDir
    static Path directory;

    private static TestNetwork network;
    private static Authority authority;
    private static SupervisedRun.Task task;
    private static SupervisedRun undisturbed;

    private NetworkedCluster cluster;
    private RunOutput output;

    @BeforeAll
    static void build() throws Exception {
        String whyNot = TestNetwork.whyNot();
        assumeTrue(whyNot == null, whyNot);
        assumeTrue(PostgresServer.binaries() != null, "no PostgreSQL server is installed below /usr/lib/postgresql");
        assumeTrue(Authority.available(), "openssl is not there to make certificates with");
        network = TestNetwork.create(NODES.size());
        authority = Authority.create(directory.resolve("authority"));
        task = new SupervisedRun.Task(TinyWorld.create(directory), STEPS, CHECKPOINT_EVERY);
        undisturbed = task.undisturbed(directory.resolve("undisturbed"));
    }

    @AfterAll
    static void remove() {
        if (network != null) {
            network.close();
        }
    }

    @AfterEach
    void end() {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** Gives the recipe of its job, which bears the same name. */
    private Path found(String job) throws Exception {
        Path home = directory.resolve(job);
        cluster = new NetworkedCluster(home, network, authority, NODES);
        output = new RunOutput(home.resolve("out"));
        return task.recipe(directory.resolve(job + ".conf"), output.directory(), 1);
    }

    private void untilStep(int step) throws InterruptedException {
        cluster.await("step " + step, () -> output.steps() >= step);
    }

    private static String seconds(Instant from, Instant to) {
        return Duration.between(from, to).toMillis() / 1000.0 + " s";
    }

    @Test
    void theMajorityGoesOnWithoutTheCoordinatorAndTheStudentThatItLost() throws Exception {
        String job = "minority";
        Path recipe = found(job);
        NodeProcess lost = cluster.start("a", STUDENT);
        NodeProcess spare = cluster.start("c", STUDENT);
        lost.awaitOutput("STUDENT rank [a-student-0] is there");
        spare.awaitOutput("espalier: node c at ");
        NodeProcess taught = cluster.start("b", TEACHER, "--job", recipe.toString());
        untilStep(CUT_AT);
        assertThat(newestEpoch(job).student()).isEqualTo("a-student-0");
        assertThat(List.of(spare, taught)).noneMatch(PartitionTest::coordinates);
        long before = newestEpoch(job).epoch();

        Instant cut = Instant.now();
        network.cut(0);
        assertThat(lost.awaitExit()).as(cluster.logs()).isEqualTo(LET_GO);
        Instant left = Instant.now();
        Instant taken = awaitEpoch(job, before);
        Instant committed = awaitCheckpoint(job, before);
        System.out.println("coordinator and student cut off: its node has left in " + seconds(cut, left)
                + ", another coordinator in " + seconds(cut, taken) + ", the next checkpoint in "
                + seconds(cut, committed));
        assertThat(newestEpoch(job).student()).isEqualTo("c-student-0");

        network.heal(0);
        cluster.start("a", STUDENT).awaitOutput("espalier: node a at ");
        requireEnd(job);
        for (NodeProcess node : List.of(spare, taught)) {
            assertThat(node.isAlive()).as(cluster.logs()).isTrue();
        }
    }

    @Test
    void whoeverIsAloneStopsAndAllOfThemGoOnTogether() throws Exception {
        String job = "alone";
        Path recipe = found(job);
        List<NodeProcess> all = List.of(
                cluster.start("a", NO_RANK),
                cluster.start("b", TEACHER),
                cluster.start("c", STUDENT, "--job", recipe.toString()));
        untilStep(CUT_AT);
        Instant cut = Instant.now();
        for (int host = 0; host < NODES.size(); host++) {
            network.cut(host);
        }
        for (NodeProcess node : all) {
            assertThat(node.awaitExit()).as(cluster.logs()).isEqualTo(LET_GO);
        }
        System.out.println("all cut off from all: the last node has left in " + seconds(cut, Instant.now()));
        long before = newestEpoch(job).epoch();

        for (int host = 0; host < NODES.size(); host++) {
            network.heal(host);
        }
        cluster.start("a", NO_RANK);
        cluster.start("b", TEACHER);
        cluster.start("c", STUDENT);
        awaitCheckpoint(job, before);
        requireEnd(job);
    }

    private static boolean coordinates(NodeProcess node) {
        return node.hasSaid(" jobs in the journal");
    }

    private EpochBegan newestEpoch(String job) {
        return cluster.history(job).stream()
                .map(Journal.Entry::event)
                .filter(EpochBegan.class::isInstance)
                .map(EpochBegan.class::cast)
                .reduce((_, later) -> later)
                .orElseThrow();
    }

    private Instant awaitEpoch(String job, long after) throws InterruptedException {
        return cluster.await(
                job, "an epoch after " + after, event -> event instanceof EpochBegan began && began.epoch() > after);
    }

    private Instant awaitCheckpoint(String job, long after) throws InterruptedException {
        return cluster.await(
                job,
                "a checkpoint of an epoch after " + after,
                event -> event instanceof CheckpointCommitted checkpoint && checkpoint.epoch() > after);
    }

    private void requireEnd(String job) throws InterruptedException {
        cluster.await(job, "the end of job " + job, JobEnded.class::isInstance);
        List<Journal.Entry> history = cluster.history(job);
        assertThat(history.getLast().event()).as(cluster.logs()).isEqualTo(new JobEnded(JobState.STOPPED, "", 0));
        requireOneHistory(history);
        output.requireSameAs(undisturbed.output(), cluster.logs());
    }

    /**
     * Requires that epochs follow each other, that each has one student, and that each checkpoint is on top of one that
     * was committed.
     */
    private static void requireOneHistory(List<Journal.Entry> history) {
        long epoch = 0;
        long student = 0;
        long committed = 0;
        for (Journal.Entry entry : history) {
            assertThat(entry.epoch()).as("" + history).isGreaterThanOrEqualTo(epoch);
            epoch = entry.epoch();
            switch (entry.event()) {
                case EpochBegan began -> student = began.incarnation();
                case JobEvent.StudentBegan began -> {
                    assertThat(began.incarnation()).as("" + history).isEqualTo(student);
                    assertThat(began.baseStep()).as("" + history).isLessThanOrEqualTo(committed);
                    committed = began.baseStep();
                }
                case CheckpointCommitted checkpoint -> {
                    assertThat(checkpoint.incarnation()).as("" + history).isEqualTo(student);
                    assertThat(checkpoint.step()).as("" + history).isEqualTo(committed + CHECKPOINT_EVERY);
                    committed = checkpoint.step();
                }
                case JobEvent.JobSubmitted _,
                        JobEvent.StudentLost _,
                        JobEvent.StudentParked _,
                        JobEvent.StateChanged _,
                        JobEnded _ -> {}
            }
        }
        assertThat(committed).isEqualTo(STEPS);
    }
}
