package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.TestJvm;
import io.espalier.actors.continual.JobLedger;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.Sha256;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run on live text that is killed at any moment, again and again, has learnt from each record once: its ledger and its
 * weights are those of the run that was not. {@code -Despalier.continual-kills=20} kills as often; the seed is printed.
 */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
@Tag("full")
class ContinualKillTest {
    private static final int KILLS = Integer.getInteger("espalier.continual-kills", 3);
    private static final long SEED = Long.getLong("espalier.seed", 17);
    private static final int STEPS = 60;
    private static final int SIGKILLED = 137;
    private static final int RUN_SECONDS = 120;

    @TempDir
    Path directory;

    @Test
    void aRunThatIsKilledAgainAndAgainCountsEachRecordOnce() throws Exception {
        TinyWorld world = TinyWorld.create(directory.resolve("world"));
        Random random = new Random(SEED);
        Path whole = directory.resolve("whole");
        TestJvm.Ended reference = run(world, whole, "", Long.MAX_VALUE);
        assertThat(reference.status()).as(reference.said()).isZero();
        Path killed = directory.resolve("killed");
        FaultPoint[] points = {FaultPoint.STEP_TAKEN, FaultPoint.COMMIT_GRANTED, FaultPoint.CHECKPOINT_COMMITTED};
        int hits = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            boolean named = kill % 2 == 0;
            String fault = named ? points[kill / 2 % points.length] + ":" + (1 + random.nextInt(2)) : "";
            long after = named ? Long.MAX_VALUE : reference.millis() / 2 + random.nextLong(reference.millis() / 3);
            TestJvm.Ended ended = run(world, killed, fault, after);
            String where = "seed " + SEED + ", kill " + kill + " " + fault + " after " + after + " ms\n" + ended.said();
            assertThat(ended.status()).as(where).isIn(0, SIGKILLED);
            hits += ended.status() == SIGKILLED ? 1 : 0;
            assertThat(JobLedger.read(killed).faults()).as(where).isEmpty();
            if (ended.status() == 0) {
                break;
            }
        }
        assertThat(hits).isPositive();
        TestJvm.Ended last = run(world, killed, "", Long.MAX_VALUE);
        System.out.println("continual kills: seed " + SEED + ", " + hits + " of " + KILLS);
        JobLedger ledger = JobLedger.read(killed);
        assertThat(ledger.faults()).as(last.said()).isEmpty();
        assertThat(ledger.lineage(STEPS))
                .isEqualTo(JobLedger.read(whole).lineage(STEPS))
                .isNotEmpty();
        String newest = "checkpoints/step-0000000" + STEPS;
        for (String file : List.of("weights.safetensors", "optimizer.safetensors")) {
            assertThat(Sha256.ofFile(killed.resolve(newest).resolve(file)))
                    .as(file + "\n" + last.said())
                    .isEqualTo(Sha256.ofFile(whole.resolve(newest).resolve(file)));
        }
        try (ModelDirectory published = ModelDirectory.open(killed.resolve("published"))) {
            assertThat(published.config().parameters()).isPositive();
        }
        assertThat(killed.resolve("published/espalier-lineage.json")).exists();
    }

    private TestJvm.Ended run(TinyWorld world, Path out, String fault, long killAfterMillis) throws Exception {
        String live = """
            { sources { demo { kind = generated, domains = [{ name = tales, files = ["%s"] }] } } }\
            """.formatted(world.text().getFirst());
        List<String> command = TestJvm.command(Main.class.getName(), "-Despalier.fault=" + fault);
        command.addAll(ContinualRig.arguments(
                world, live, out, "--checkpoint-every", "6", "--max-steps", "" + STEPS, "--resume"));
        return TestJvm.run(command, directory.resolve("said.txt"), Math.min(killAfterMillis, RUN_SECONDS * 1000L));
    }
}
