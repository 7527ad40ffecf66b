package io.espalier.actors.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.actors.TestJvm;
import io.espalier.actors.cli.CommandLineRun;
import io.espalier.actors.cli.Main;
import io.espalier.actors.client.DaemonClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A daemon of a test as a process of its own, with what it has printed, and the commands that talk to it. */
final class DaemonProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 120;
    private static final String WITHOUT = "espalier.unsafe.without";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Process process;
    private final Path state;
    private final Path output;

    private DaemonProcess(Process process, Path state, Path output) {
        this.process = process;
        this.state = state;
        this.output = output;
    }

    /** Starts a daemon on any free port and waits until it answers. */
    static DaemonProcess start(Path state, String... more) throws IOException, InterruptedException {
        return start(state, List.of(), more);
    }

    /** Starts a daemon with options of its JVM, which go over the usual ones. */
    static DaemonProcess start(Path state, List<String> jvm, String... more) throws IOException, InterruptedException {
        // A daemon that was killed has left its file.
        Files.deleteIfExists(state.resolve("daemon.json"));
        DaemonProcess daemon = launch(state, jvm, more);
        daemon.await("answers", () -> Files.exists(state.resolve("daemon.json")));
        return daemon;
    }

    /** Starts a daemon that may be refused. */
    static DaemonProcess launch(Path state, String... more) throws IOException {
        return launch(state, List.of(), more);
    }

    private static DaemonProcess launch(Path state, List<String> jvm, String... more) throws IOException {
        Path output = Files.createTempFile(state.getParent(), "daemon", ".txt");
        List<String> flags = new ArrayList<>(List.of(
                "-Xmx512m",
                "-Despalier.node.ranks.threads=1",
                "-Despalier.daemon.paths.0=" + System.getProperty("java.io.tmpdir")));
        flags.addAll(jvm);
        // The daemon goes without the safeguard that its test goes without.
        Optional.ofNullable(System.getProperty(WITHOUT)).ifPresent(off -> flags.add("-D" + WITHOUT + "=" + off));
        List<String> command = TestJvm.command(Main.class.getName(), flags.toArray(String[]::new));
        command.addAll(List.of("daemon", "--state", state.toString()));
        if (!Arrays.asList(more).contains("--config")) {
            command.add(1, "-Despalier.http.bind.port=0");
        }
        command.addAll(Arrays.asList(more));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("OMP_NUM_THREADS", "1");
        builder.environment().put("ESPALIER_DEBUG", "trace");
        return new DaemonProcess(builder.start(), state, output);
    }

    /** Runs a command of the command line about this daemon. */
    CommandLineRun run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--state", state.toString()));
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    /** The answer of a command, which must succeed. */
    JsonNode ask(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("--json");
        CommandLineRun run = run(all.toArray(String[]::new));
        if (run.exitCode() != 0) {
            throw new AssertionError(all + " ends with " + run.exitCode() + ": " + run.err() + "\n" + output());
        }
        try {
            return JSON.readTree(run.out());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until a job stands so. */
    JsonNode awaitJob(String id, Predicate<JsonNode> wanted) throws InterruptedException {
        JsonNode[] last = new JsonNode[1];
        await("job " + id, () -> {
            CommandLineRun run = run("job", "status", id, "--json");
            if (run.exitCode() != 0) {
                return false;
            }
            last[0] = JSON.readTree(run.out());
            return wanted.test(last[0]);
        });
        return last[0];
    }

    /** The answer at a path of its API. */
    JsonNode get(String path) {
        try (DaemonClient client = new DaemonClient(url(), Optional.of(token()))) {
            return client.get(path);
        }
    }

    /** Something that is looked at again and again. */
    interface Look {
        boolean isSo() throws IOException, InterruptedException;
    }

    void await(String what, Look look) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        try {
            while (!look.isSo()) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new AssertionError(
                            what + ": not so, and the daemon is alive: " + process.isAlive() + "\n" + output());
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path state() {
        return state;
    }

    /** The token that it has made for whoever can read its state. */
    String token() {
        try {
            return Files.readString(state.resolve("operate.token")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The link that it has printed, which lets one browser in. */
    String link() {
        return output().replaceFirst("(?s).*the page, once: (\\S+).*", "$1");
    }

    URI url() {
        return DaemonFile.read(state).url();
    }

    long pid() {
        return process.pid();
    }

    String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM; gives the exit status. */
    int terminate() throws InterruptedException {
        process.destroy();
        return awaitExit();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        awaitExit();
    }

    /** SIGKILL after a while, to which nothing that it does is bound. */
    void killAfter(long millis) throws InterruptedException {
        if (process.waitFor(millis, TimeUnit.MILLISECONDS)) {
            throw new AssertionError("it has ended by itself:\n" + output());
        }
        kill();
    }

    int awaitExit() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still there:\n" + output());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
