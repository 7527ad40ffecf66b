package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.actors.TestJvm;
import io.espalier.actors.bench.BenchShape;
import io.espalier.actors.bench.DistillBenchmark;
import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.program.BenchDistillSession;
import io.espalier.actors.program.RemoteTeacherBenchmark;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.gpu.torch.Dtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Distillation is measured in one process, and where that is asked for besides with the teacher in another, which computes the
 * same bit by bit (one CPU thread, f32); what is stopped has measured nothing.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class BenchDistillCommandTest {
    private static final int SIGTERM = 143;
    private static final long PATIENCE_SECONDS = 120;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    @TempDir
    Path directory;

    private static List<String> arguments(int steps, String... more) {
        List<String> arguments = new ArrayList<>(List.of("bench", "distill", "--threads", "1", "--dtype", "f32"));
        arguments.addAll(
                List.of("--vocab", "256", "--hidden", "64", "--ffn", "128", "--heads", "2", "--kv-heads", "1"));
        arguments.addAll(List.of("--teacher-layers", "2", "--student-layers", "1", "--student-ffn", "96"));
        arguments.addAll(List.of("--batch", "2", "--seq", "32", "--steps", "" + steps, "--warmup", "1"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private static CommandLineRun run(int steps, String... more) {
        return CommandLineRun.of(arguments(steps, more).toArray(String[]::new));
    }

    private static JsonNode json(CommandLineRun run) throws IOException {
        assertThat(run.exitCode()).as(run.err()).isZero();
        return JsonMapper.builder().build().readTree(run.out());
    }

    @Test
    @Tag("full")
    void aTeacherInAnotherProcessIsComparedWithOneInThis() throws IOException {
        CommandLineRun run = run(4, "--remote", "--json");
        JsonNode json = json(run);
        assertThat(run.err()).contains("rank local-teacher-0: ready", "job bench-distill is stopped");
        double here = json.get("tokens_per_s").asDouble();
        JsonNode remote = json.get("remote");
        double afar = remote.get("tokens_per_s").asDouble();
        assertThat(here).isPositive();
        assertThat(afar).isPositive().isNotEqualTo(here);
        assertThat(remote.get("of_one_process").asDouble()).isEqualTo(afar / here);
        assertThat(remote.get("kl").asDouble())
                .as("the last step's loss")
                .isPositive()
                .isEqualTo(json.get("kl").asDouble());
    }

    @Test
    @Tag("full")
    void theTableHasBothAndTheirRatio() {
        CommandLineRun run = run(4, "--remote");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines().toList())
                .first()
                .asString()
                .matches("measure +in one process +teacher remote +ratio");
        assertThat(run.out()).containsPattern("tokens/s +[\\d,]+ +[\\d,]+ +\\d+\\.\\d\\d\n");
    }

    @Test
    @Tag("full")
    void aSignalEndsTheRanksAndTheirDirectoryIsGone() throws IOException, InterruptedException {
        List<String> command = TestJvm.command(Main.class.getName(), "-Djava.io.tmpdir=" + directory);
        command.addAll(arguments(1000, "--remote"));
        Path said = directory.resolve("said");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            while (!Files.readString(said).contains("rank local-student-0: working")) {
                assertThat(process.isAlive()).as(Files.readString(said)).isTrue();
                LockSupport.parkNanos(POLL_NANOS);
            }
            assertThat(directories()).hasSize(1);
            List<ProcessHandle> ranks = process.descendants().toList();
            assertThat(ranks).hasSize(2);
            process.destroy();
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(ended).as(Files.readString(said)).isTrue();
            assertThat(process.exitValue()).isEqualTo(SIGTERM);
            assertThat(ranks).noneMatch(ProcessHandle::isAlive);
            assertThat(directories()).as(Files.readString(said)).isEmpty();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private List<Path> directories() throws IOException {
        try (Stream<Path> left = Files.list(directory)) {
            return left.filter(path -> path.getFileName().toString().startsWith(RemoteTeacherBenchmark.DIRECTORY))
                    .toList();
        }
    }

    @Test
    void whatIsNotAskedForIsNotMeasured() throws IOException {
        CommandLineRun run = run(4, "--json");
        assertThat(json(run).get("tokens_per_s").asDouble()).isPositive();
        assertThat(json(run).has("remote")).isFalse();
        assertThat(run.err()).doesNotContain("rank local-teacher-0");
    }

    @Test
    void numbersThatCannotBeAreRefusedBeforeAnyProcessIsStarted() {
        CommandLineRun run = run(0, "--remote");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("--steps", "must be at least 1").doesNotContain("rank local-teacher-0");
    }

    private StudentRun session() {
        ComputeSettings compute = new ComputeSettings("cpu", Dtype.F32, 1, 1 << 20);
        BenchShape shape = new BenchShape(64, 16, 24, 2, 1, 8, 2, 1, 16, 2, 8);
        DistillBenchmark benchmark = new DistillBenchmark(shape, compute, compute.head(), false, 1, 2);
        return new BenchDistillSession(benchmark, RunPlace.alone(), directory.resolve("found"), _ -> {});
    }

    @Test
    void aSessionThatIsDrainedEndsEarlyAndOneThatIsParkedMakesWay() {
        StudentRun drained = session();
        drained.drain();
        assertThat(drained.run()).isEqualTo(new Outcome.Completed(0, true));
        StudentRun parked = session();
        parked.park();
        assertThat(parked.run()).isEqualTo(new Outcome.Parked(0));
        assertThat(directory).isEmptyDirectory();
    }
}
