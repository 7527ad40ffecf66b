package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.TestJvm;
import io.espalier.actors.cli.Main;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.checkpoint.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed at any moment and taken up again ends with the weights of the run that was not, bit for bit, and has
 * told the same loss of every step once. {@code -Despalier.kills=100} kills as often; seed and hits are printed.
 */
@Tag("full")
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class KillTest {
    private static final int KILLS = Integer.getInteger("espalier.kills", 4);
    private static final long SEED = Long.getLong("espalier.seed", 11);
    private static final int STEPS = 24;
    private static final int CHECKPOINT_EVERY = 4;
    /** Killed after its model was in place, a run has nothing left to do, and says so. */
    private static final int WRONG_STATE = 4;

    private static final int RUN_SECONDS = 120;

    @TempDir
    static Path directory;

    private static TinyWorld world;

    @BeforeAll
    static void build() {
        world = TinyWorld.create(directory);
    }

    @Test
    void aKilledRunGoesOnAsIfItHadNotBeen() throws Exception {
        Random random = new Random(SEED);
        Path whole = directory.resolve("whole");
        TestJvm.Ended reference = run(whole, "", Long.MAX_VALUE);
        assertThat(reference.status()).as(reference.said()).isZero();
        Map<String, Integer> hits = new TreeMap<>();
        List<FaultPoint> points = new ArrayList<>(FaultPoint.ofTraining());
        Collections.shuffle(points, random);
        for (int kill = 0; kill < KILLS; kill++) {
            Path out = directory.resolve("killed-" + kill);
            // The last of a few kills, and all after the points, come at a time.
            boolean named = kill < points.size() && kill < KILLS - 1;
            String fault = named ? points.get(kill) + ":" + (1 + random.nextInt(visits(points.get(kill)))) : "";
            long after = named ? Long.MAX_VALUE : (long) (random.nextDouble() * reference.millis());
            TestJvm.Ended killed = run(out, fault, after);
            hits.merge(named ? points.get(kill).name() : "at a time: " + phase(out, killed), 1, Integer::sum);
            if (killed.status() == 0) {
                continue;
            }
            assertThat(killed.status()).as(fault + killed.said()).isEqualTo(137);
            boolean done = Files.exists(out.resolve("config.json"));
            TestJvm.Ended resumed = run(out, "", Long.MAX_VALUE);
            String where =
                    "seed " + SEED + ", kill " + kill + " " + fault + " after " + after + " ms\n" + resumed.said();
            assertThat(resumed.status()).as(where).isEqualTo(done ? WRONG_STATE : 0);
            assertThat(Sha256.ofFile(out.resolve("model.safetensors")))
                    .as(where)
                    .isEqualTo(Sha256.ofFile(whole.resolve("model.safetensors")));
            assertThat(losses(out)).as(where).isEqualTo(losses(whole));
        }
        System.out.println("kills: seed " + SEED + ", " + hits);
    }

    private static String phase(Path out, TestJvm.Ended killed) throws IOException {
        if (killed.status() == 0) {
            return "had ended";
        }
        if (!Files.exists(out.resolve("metrics.jsonl"))) {
            return "starting";
        }
        try (Stream<Path> checkpoints = Files.list(out.resolve("checkpoints"))) {
            long whole = checkpoints
                    .filter(path -> path.getFileName().toString().startsWith("step-"))
                    .count();
            return whole == 0 ? "before the first checkpoint" : "between checkpoints";
        }
    }

    /** The number of times that a whole run comes by a fault point. */
    private static int visits(FaultPoint point) {
        return switch (point) {
            case STEP_TAKEN -> STEPS;
            case SNAPSHOT_TAKEN, TENSORS_WRITTEN, MANIFEST_WRITTEN, COMMIT_GRANTED, CHECKPOINT_COMMITTED ->
                STEPS / CHECKPOINT_EVERY;
            case CHECKPOINT_REMOVED -> STEPS / CHECKPOINT_EVERY - 2;
            case TRAINING_ENDED -> 1;
            case TEACHER_LOADING, REQUEST_TAKEN, SIGNAL_COMPUTED, FRAME_HALF_SENT, FRAME_SENT -> 0;
        };
    }

    /** Each step's line without what time it was. */
    private static List<String> losses(Path run) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            ObjectNode json = (ObjectNode) new ObjectMapper().readTree(line);
            lines.add(json.without(List.of("time", "tokens_per_s", "elapsed_s")).toString());
        }
        assertThat(lines).hasSize(STEPS);
        return lines;
    }

    private static TestJvm.Ended run(Path out, String fault, long killAfterMillis) throws Exception {
        List<String> command = TestJvm.command(Main.class.getName(), "-Despalier.fault=" + fault);
        command.addAll(List.of(
                "distill",
                "--teacher",
                world.teacher().toString(),
                "--student",
                world.student().toString(),
                "--data"));
        world.text().forEach(file -> command.add(file.toString()));
        command.addAll(List.of("--steps", "" + STEPS, "--checkpoint-every", "" + CHECKPOINT_EVERY, "--batch", "2"));
        command.addAll(
                List.of("--global-batch", "4", "--seq-length", "32", "--shuffle-window", "40", "--threads", "1"));
        command.addAll(List.of("--dtype", "f32", "--log-every", "1", "--resume", "--out", out.toString()));
        return TestJvm.run(command, directory.resolve("err.txt"), Math.min(killAfterMillis, RUN_SECONDS * 1000L));
    }
}
