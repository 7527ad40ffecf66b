package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A password of a job's source is in the journal, which its owner alone can read, and nowhere else. */
@Tag("full")
@Timeout(300)
class SecretsLifeTest {
    private static final String CANARY = "CANARY-hunter2";

    @TempDir
    Path directory;

    private static String content(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // A process or a temporary file may be gone by now.
            return "";
        }
    }

    private static List<Path> holding(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> content(file).contains(CANARY))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean onACommandLine() throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("[0-9]+"))
                    .anyMatch(process -> content(process.resolve("cmdline")).contains(CANARY));
        }
    }

    @Test
    void aPasswordOfKafkaIsNotToldByAnything() throws Exception {
        TinyWorld world = TinyWorld.create(directory.resolve("world"));
        ContinualJob job = ContinualJob.write(directory, "secret", world, """
            batch = 2
            seq-length = 32
            checkpoint-every = 20
            live.sources.k {
              kind = kafka
              bootstrap = "127.0.0.1:1"
              topic = t
              properties {
                "security.protocol" = SASL_PLAINTEXT
                "sasl.mechanism" = PLAIN
                "request.timeout.ms" = 1000
                "default.api.timeout.ms" = 1500
                "sasl.jaas.config" = "org.apache.kafka.common.security.plain.PlainLoginModule required username=u password=\\"%s\\";"
              }
            }
            """.formatted(CANARY));
        Path state = directory.resolve("state");
        try (DaemonProcess daemon = DaemonProcess.start(
                state,
                List.of(
                        "-Despalier.daemon.kafka-properties.0=sasl.jaas.config",
                        "-Despalier.daemon.kafka-properties.1=sasl.mechanism",
                        "-Despalier.daemon.kafka-properties.2=security.protocol",
                        "-Despalier.daemon.kafka-properties.3=request.timeout.ms",
                        "-Despalier.daemon.kafka-properties.4=default.api.timeout.ms"))) {
            job.submit(daemon);
            daemon.await(
                    "the source has failed",
                    () -> content(job.out().resolve("events.jsonl")).contains("\"k\""));
            for (String path : List.of(
                    "overview",
                    "jobs",
                    "jobs/secret",
                    "jobs/secret/events",
                    "jobs/secret/graph",
                    "config",
                    "actors",
                    "ranks")) {
                assertThat(daemon.get("/v1/" + path).toString()).as(path).doesNotContain(CANARY);
            }
            assertThat(onACommandLine()).isFalse();
            assertThat(daemon.terminate()).isZero();
            assertThat(daemon.output()).contains("secret").doesNotContain(CANARY);
        }
        assertThat(holding(job.out())).isEmpty();
        assertThat(holding(state))
                .isNotEmpty()
                .allMatch(file -> file.getFileName().toString().startsWith("journal.db"));
    }
}
