package io.espalier.gpu.torch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.gpu.Refused;
import io.espalier.gpu.torch.CudaDevices.Absent;
import io.espalier.gpu.torch.CudaDevices.Card;
import io.espalier.gpu.torch.CudaDevices.Present;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The answer of a process of its own that loads the native library; a crash of that process is an answer, too. */
public sealed interface ProbedLibrary {
    /** The library was loaded and computes rightly on all devices. */
    record Works(String version, CudaDevices devices) implements ProbedLibrary {}

    /** The library was not loaded, or does not compute. */
    record Failed(String why) implements ProbedLibrary {}

    /** Time for a slow disk to unpack or read the library, and for every device to begin. */
    int LONGEST_SECONDS = 300;

    /** The JVM's first line on a crash begins so, before the rest of the signal's name. */
    String CRASHED = "#  SIG";

    /**
     * Starts the process and waits for its answer.
     *
     * @param path as PYTORCH_LIBRARY_PATH names it; empty for the library that was built in
     */
    static ProbedLibrary look(Optional<String> path) {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=/dev/null",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                LibraryProbe.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        path.ifPresent(named -> builder.environment().put(NativeLibrary.PATH, named));
        Process process = null;
        try {
            process = builder.start();
            return answer(process);
        } catch (IOException e) {
            throw new UncheckedIOException(command.getFirst(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(Refused.Reason.TRY_AGAIN, "interrupted while the native library was tried", e);
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    private static ProbedLibrary answer(Process process) throws IOException, InterruptedException {
        // The answer is short: the pipe holds it whole until it is read.
        if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
            return new Failed("a process that loads it has not answered within " + LONGEST_SECONDS + " s");
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String last = output.lines().filter(line -> line.startsWith("{")).reduce("", (_, line) -> line);
        if (last.isEmpty()) {
            return new Failed(output.lines()
                    .filter(line -> line.startsWith(CRASHED))
                    .findFirst()
                    .map(line -> "a process that loads it crashes: "
                            + line.substring(1).strip())
                    .orElse("a process that loads it ends with " + process.exitValue() + " and says nothing"));
        }
        return parse(last);
    }

    private static ProbedLibrary parse(String line) {
        try {
            JsonNode answer = JsonMapper.builder().build().readTree(line);
            return answer.has("failed")
                    ? new Failed(answer.path("failed").asText())
                    : new Works(answer.path("version").asText(), devices(answer));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the probe says " + line, e);
        }
    }

    private static CudaDevices devices(JsonNode answer) {
        JsonNode absent = answer.path("absent");
        if (!absent.isMissingNode()) {
            return new Absent(
                    absent.path("wanted").asBoolean(),
                    absent.path("why").asText(),
                    absent.path("remedy").asText());
        }
        List<Card> cards = new ArrayList<>();
        for (JsonNode card : answer.path("devices")) {
            cards.add(new Card(
                    card.path("index").asInt(),
                    card.path("name").asText(),
                    card.path("memoryBytes").asLong(),
                    card.path("computeCapability").asText()));
        }
        return new Present(cards, answer.path("driver").asText());
    }
}
