package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.cli.CommandLineRun;
import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon as a process: what operators ask of it, how it ends, and that its jobs outlive it. */
@Timeout(300)
@Tag("full")
class DaemonLifeTest {
    @TempDir
    static Path directory;

    private static TinyWorld world;

    @BeforeAll
    static void create() {
        world = TinyWorld.create(directory.resolve("world"));
    }

    /** A recipe of distillation that does not end by itself. */
    private static Path recipe(String name) throws IOException {
        return Files.writeString(directory.resolve(name + ".conf"), """
            teacher = "%s"
            student = "%s"
            data = ["%s"]
            out = "%s"
            steps = 1000000
            batch = 2
            seq-length = 32
            threads = 1
            checkpoint-every = 20
            log-every = 5
            """.formatted(
                        world.teacher(), world.student(), world.text().getFirst(), directory.resolve("out-" + name)));
    }

    private static boolean is(JsonNode job, String state) {
        return job.path("state").asText().equals(state);
    }

    @Test
    void aJobOutlivesTheDaemonThatIsToldToEndAndTheOneThatIsKilled() throws Exception {
        Path state = directory.resolve("state");
        long parked;
        try (DaemonProcess daemon = DaemonProcess.start(state)) {
            assertThat(daemon.ask("job", "submit", recipe("lives").toString())
                            .path("state")
                            .asText())
                    .isEqualTo("COMPLETED");
            daemon.awaitJob(
                    "lives", job -> is(job, "running") && job.path("step").asLong() > 30);
            operate(daemon);
            refusals(daemon);
            assertThat(othersMayRead(state)).isEmpty();
            parked = daemon.awaitJob("lives", job -> job.path("committed_step").asLong() > 40)
                    .path("committed_step")
                    .asLong();
            assertThat(daemon.terminate()).as(daemon.output()).isZero();
            assertThat(state.resolve("daemon.json")).doesNotExist();
            assertThat(daemon.run("job", "list").exitCode()).isEqualTo(69);
        }
        long killed;
        try (DaemonProcess daemon = DaemonProcess.start(state)) {
            JsonNode job = daemon.awaitJob(
                    "lives",
                    next -> is(next, "running") && next.path("committed_step").asLong() > parked + 20);
            assertThat(job.path("restarts").asInt())
                    .as("one that parks has not died")
                    .isZero();
            killed = job.path("committed_step").asLong();
            daemon.kill();
        }
        try (DaemonProcess daemon = DaemonProcess.start(state)) {
            JsonNode job = daemon.awaitJob(
                    "lives",
                    next -> is(next, "running") && next.path("committed_step").asLong() > killed);
            assertThat(job.path("restarts").asInt()).isEqualTo(1);
            JsonNode stopped = daemon.ask("job", "stop", "lives", "--now");
            assertThat(stopped.path("result").path("state").asText()).isEqualTo("stopped");
            assertThat(directory.resolve("out-lives/config.json")).as("a model").doesNotExist();
            assertThat(directory.resolve("out-lives/checkpoints")).isNotEmptyDirectory();
            assertThat(daemon.run("job", "pause", "lives").exitCode())
                    .as("it has ended")
                    .isEqualTo(4);
            assertThat(daemon.run("job", "stop", "lives").exitCode())
                    .as("it has ended")
                    .isEqualTo(4);
            assertThat(daemon.terminate()).isZero();
        }
    }

    private static void operate(DaemonProcess daemon) throws InterruptedException {
        assertThat(daemon.ask("job", "pause", "lives")
                        .path("result")
                        .path("state")
                        .asText())
                .isEqualTo("paused");
        assertThat(daemon.run("job", "pause", "lives").exitCode()).isZero();
        assertThat(daemon.ask("job", "resume", "lives")
                        .path("result")
                        .path("state")
                        .asText())
                .isEqualTo("running");
        long before =
                daemon.awaitJob("lives", job -> is(job, "running")).path("step").asLong();
        assertThat(daemon.ask("rank", "list").path("ranks")).hasSize(1);
        JsonNode restarted = daemon.ask("rank", "restart", "local-student-0");
        assertThat(restarted.path("result").path("restarts").asInt()).isEqualTo(1);
        daemon.awaitJob("lives", job -> job.path("step").asLong() > before + 10);
        assertThat(daemon.ask("cluster", "members").path("members")).hasSize(1);
    }

    private static void refusals(DaemonProcess daemon) throws Exception {
        assertThat(daemon.run("job", "resume", "lives").exitCode())
                .as("it runs")
                .isZero();
        assertThat(daemon.run("job", "checkpoint", "lives").exitCode())
                .as("a distill job takes no orders")
                .isEqualTo(4);
        assertThat(daemon.run("job", "pause", "nobody").exitCode()).isEqualTo(3);
        assertThat(daemon.run("job", "status", "nobody").exitCode()).isEqualTo(3);
        assertThat(daemon.run("rank", "restart", "nobody").exitCode()).isEqualTo(3);
        CommandLineRun twice = daemon.run("job", "submit", recipe("lives").toString(), "--id", "other");
        assertThat(twice.exitCode())
                .as("two jobs in one directory: " + twice.err())
                .isEqualTo(4);
        Path unknown = Files.writeString(directory.resolve("unknown.conf"), "distill { tacher = x }\n");
        assertThat(daemon.run("job", "submit", unknown.toString()).exitCode()).isEqualTo(78);
        try (DaemonProcess second = DaemonProcess.launch(daemon.state())) {
            assertThat(second.awaitExit()).as(second.output()).isEqualTo(4);
            assertThat(second.output()).contains("has this state directory");
        }
    }

    /** Files below the directory that are not their owner's alone. */
    private static List<Path> othersMayRead(Path state) throws IOException {
        assertThat(Files.getPosixFilePermissions(state)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        try (Stream<Path> files = Files.walk(state)) {
            return files.filter(Files::isRegularFile)
                    .filter(DaemonLifeTest::isOpen)
                    .toList();
        }
    }

    private static boolean isOpen(Path file) {
        try {
            return !PosixFilePermissions.toString(Files.getPosixFilePermissions(file))
                    .endsWith("------");
        } catch (IOException gone) {
            return false;
        }
    }

    @Test
    void aRankInAProcessOfItsOwnDiesAloneAndIsParkedWithTheDaemon() throws Exception {
        Path state = directory.resolve("child-state");
        Path config = Files.writeString(directory.resolve("child-daemon.conf"), """
            espalier.http.bind.port = 0
            espalier.node.ranks { process = child, heap-mib = 256, threads = 1 }
            """);
        long parked;
        try (DaemonProcess daemon = DaemonProcess.start(state, "--config", config.toString())) {
            daemon.ask("job", "submit", recipe("child").toString());
            daemon.awaitJob("child", job -> job.path("committed_step").asLong() > 20);
            long pid =
                    daemon.ask("rank", "list").path("ranks").path(0).path("pid").asLong();
            assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
            JsonNode again =
                    daemon.awaitJob("child", job -> job.path("restarts").asInt() == 1 && is(job, "running"));
            parked = daemon.awaitJob(
                            "child",
                            job -> job.path("committed_step").asLong()
                                    > again.path("committed_step").asLong())
                    .path("committed_step")
                    .asLong();
            assertThat(daemon.terminate()).as(daemon.output()).isZero();
        }
        try (DaemonProcess daemon = DaemonProcess.start(state, "--config", config.toString())) {
            JsonNode job =
                    daemon.awaitJob("child", next -> next.path("committed_step").asLong() > parked);
            assertThat(job.path("restarts").asInt())
                    .as("the parked one has not died")
                    .isEqualTo(1);
            assertThat(daemon.ask("job", "stop", "child")
                            .path("result")
                            .path("state")
                            .asText())
                    .isEqualTo("stopped");
            assertThat(directory.resolve("out-child/config.json"))
                    .as("a drained job's model")
                    .exists();
            assertThat(daemon.terminate()).isZero();
        }
    }

    @Test
    void aPortThatIsTakenIsAConfigurationThatCannotBe() throws Exception {
        try (java.net.ServerSocket taken = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            Path config = Files.writeString(
                    directory.resolve("taken.conf"), "espalier.http.bind.port = " + taken.getLocalPort() + "\n");
            try (DaemonProcess daemon =
                    DaemonProcess.launch(directory.resolve("taken"), "--config", config.toString())) {
                assertThat(daemon.awaitExit()).as(daemon.output()).isEqualTo(78);
                assertThat(daemon.output()).contains("espalier.http.bind").contains("cannot be listened on");
            }
        }
    }
}
