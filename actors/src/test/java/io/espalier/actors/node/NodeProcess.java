package io.espalier.actors.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A node of a test as a process of its own, with what it has printed. */
final class NodeProcess implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 240;

    private final Process process;
    private final Path output;

    private NodeProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** Starts a node with this configuration in the directory, which it makes. */
    static NodeProcess start(Path directory, String config) throws IOException {
        Files.createDirectories(directory);
        Path file = Files.writeString(directory.resolve("node.conf"), config);
        Path output = directory.resolve("output.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                TestPrograms.NodeMain.class.getName(),
                "--config",
                file.toString()));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new NodeProcess(process, output);
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

    boolean hasSaid(String text) {
        return output().contains(text);
    }

    /** Waits until the node has printed the text. */
    void awaitOutput(String text) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!hasSaid(text)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new AssertionError("[" + text + "] not said, alive " + process.isAlive() + ":\n" + output());
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    List<ProcessHandle> children() {
        return process.children().toList();
    }

    /** Waits for the end; gives the exit status. */
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
