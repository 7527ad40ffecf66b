package io.espalier.actors;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes that tests start on the classes under test: quick to begin, and soon killed. */
public final class TestJvm {
    /** The flags of each such JVM. */
    public static final List<String> FLAGS = List.of(
            "-Despalier.test-mode=true",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Despalier.node.ranks.java-options.0=-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");

    private TestJvm() {}

    /**
     * The end of a process.
     *
     * @param said on both of its outputs
     */
    public record Ended(int status, String said, long millis) {}

    /** A command that arguments can be added to. */
    public static List<String> command(String main, String... flags) {
        return command(classPath(), main, List.of(flags));
    }

    /**
     * A command whose class path has the tests of streams too: a build from the root has compiled them, and nothing
     * depends on them.
     */
    public static List<String> commandBesideStreams(String main, List<String> flags) {
        Path streams = Path.of(System.getProperty("espalier.root"), "streams", "target", "test-classes");
        if (!Files.isDirectory(streams)) {
            throw new AssertionError(streams + " is not there");
        }
        return command(classPath() + File.pathSeparator + streams, main, flags);
    }

    private static List<String> command(String classPath, String main, List<String> flags) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(flags);
        command.addAll(List.of("-cp", classPath, main));
        return command;
    }

    /** The class path of the classes under test. */
    public static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** Runs a command to its end, or kills it after so long. */
    public static Ended run(List<String> command, Path output, long killAfterMillis)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(killAfterMillis, TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
        }
        int status = process.waitFor();
        return new Ended(status, Files.readString(output), (System.nanoTime() - start) / 1_000_000);
    }
}
