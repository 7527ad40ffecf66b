package io.espalier.actors.bench;

import io.espalier.actors.TestJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A second JVM of this program, spoken to in lines. It ends when its standard input does, so never outlives this one. */
final class PeerProcess implements AutoCloseable {
    private static final long FAREWELL_SECONDS = 10;

    private final Process process;
    private final PrintWriter orders;
    private final BufferedReader answers;

    /** @param main of this program */
    PeerProcess(Class<?> main) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        // The jar's manifest says the same where the program is started by -jar.
        command.add("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", TestJvm.classPath(), main.getName()));
        command.addAll(List.of("transport", "--peer"));
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        orders = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
        answers = process.inputReader(StandardCharsets.UTF_8);
    }

    void order(String line) {
        orders.println(line);
    }

    /** The next line that it says. */
    String answer() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException("laboratory transport: the second process has ended");
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        orders.close();
        try {
            if (!process.waitFor(FAREWELL_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
