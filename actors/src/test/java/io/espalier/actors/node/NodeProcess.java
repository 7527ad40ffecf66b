package io.espalier.actors.node;

import io.espalier.actors.TestJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A node of a test as a process of its own, with what it has printed. */
public final class NodeProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 240;
    /** Between two looks at a process, which needs the processors more. */
    private static final long POLL_MILLIS = 10;

    private final Process process;
    private final Path output;

    private NodeProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /**
     * The program that is started.
     *
     * @param before command that starts the process in its place; empty for none
     * @param properties of its JVM
     * @param main class of the process
     * @param arguments before those that name the configuration
     */
    public record Program(List<String> before, Map<String, String> properties, String main, List<String> arguments) {
        static final Program GREETING =
                new Program(List.of(), Map.of(), TestPrograms.NodeMain.class.getName(), List.of());

        private List<String> command(Path config) {
            List<String> flags = new ArrayList<>(List.of("-Xmx256m"));
            properties.forEach((name, value) -> flags.add("-D" + name + "=" + value));
            List<String> command = new ArrayList<>(before);
            command.addAll(TestJvm.command(main, flags.toArray(String[]::new)));
            command.addAll(arguments);
            command.addAll(List.of("--config", config.toString()));
            return command;
        }
    }

    /** Starts a node with ranks that greet and this configuration in the directory, which it makes. */
    static NodeProcess start(Path directory, String config) throws IOException {
        return start(directory, config, Program.GREETING);
    }

    /** Starts a program with this configuration in the directory, which it makes. */
    public static NodeProcess start(Path directory, String config, Program program) throws IOException {
        Files.createDirectories(directory);
        Path file = Files.writeString(directory.resolve("node.conf"), config);
        Path output = directory.resolve("output.txt");
        Process process = new ProcessBuilder(program.command(file))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new NodeProcess(process, output);
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean hasSaid(String text) {
        return output().contains(text);
    }

    /** Waits until the node has printed the text. */
    public void awaitOutput(String text) throws InterruptedException {
        await("[" + text + "] said", () -> hasSaid(text));
    }

    /** Waits for something to be so, as long as the node lives. */
    public void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new AssertionError("not " + what + ", alive " + process.isAlive() + ":\n" + output());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    List<ProcessHandle> children() {
        return process.children().toList();
    }

    /** Waits for the end; gives the exit status. */
    public int awaitExit() throws InterruptedException {
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
