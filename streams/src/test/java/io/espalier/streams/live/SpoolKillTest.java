package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A writer that is killed by SIGKILL, over and over: nothing that it acknowledged is lost or there twice. */
@Timeout(120)
@Tag("full")
class SpoolKillTest {
    private static final SpoolSettings SETTINGS =
            new SpoolSettings(4096, 1L << 30, Duration.ofHours(1), 1_000_000, 2000, Duration.ofSeconds(5));
    private static final int KILLS = 5;
    private static final int SENDERS = 4;

    @TempDir
    Path directory;

    /** The writer: its senders repeat each key, and say which are acknowledged. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) {
            Spool spool = Spool.open(Path.of(args[0]), SETTINGS);
            int round = Integer.parseInt(args[1]);
            for (int sender = 0; sender < SENDERS; sender++) {
                String name = "s" + sender;
                Thread.ofPlatform().start(() -> send(spool, name, round));
            }
        }

        /** Sends records on end, beginning with those that the round before may have sent in vain. */
        private static void send(Spool spool, String name, int round) {
            for (int i = Math.max(0, round * 1000 - 1000); ; i++) {
                String key = name + "-" + i;
                SpoolRecord record = new SpoolRecord(
                        key, Instant.now(), ("{\"text\":\"" + key + "\"}").getBytes(StandardCharsets.UTF_8));
                spool.append(List.of(record, record));
                System.out.println(key);
            }
        }
    }

    @Test
    void nothingAcknowledgedIsLostOrDoubled() throws IOException, InterruptedException {
        long seed = 17;
        Random random = new Random(seed);
        Set<String> acknowledged = new HashSet<>();
        for (int round = 0; round < KILLS; round++) {
            acknowledged.addAll(killedAfter(200 + random.nextInt(1500), round));
        }
        List<String> read = new ArrayList<>();
        Recorder heard = new Recorder();
        try (Spool spool = Spool.open(directory, SETTINGS);
                SpoolFeed feed = new SpoolFeed("s", directory, 0, Instant::now, heard)) {
            for (List<Arrival> some = feed.poll(); !some.isEmpty(); some = feed.poll()) {
                some.forEach(arrival -> read.add(((Arrival.Item) arrival).key().toString()));
            }
            assertThat(spool.status().next()).isEqualTo(read.size());
        }
        assertThat(read).as("seed %d", seed).doesNotHaveDuplicates().containsAll(acknowledged);
        assertThat(acknowledged).hasSizeGreaterThan(KILLS * 100);
        assertThat(read.size()).as("not acknowledged").isLessThanOrEqualTo(acknowledged.size() + KILLS * SENDERS);
        assertThat(heard.errors).isEmpty();
    }

    private Set<String> killedAfter(int lines, int round) throws IOException, InterruptedException {
        Process writer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Writer.class.getName(),
                        directory.toString(),
                        String.valueOf(round))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Set<String> told = new HashSet<>();
        try (BufferedReader out = writer.inputReader()) {
            for (int i = 0; i < lines; i++) {
                told.add(out.readLine());
            }
            // The handle kills the writer and leaves the pipe open: its earlier lines count too, but for one that was
            // torn off.
            writer.toHandle().destroyForcibly();
            String line = out.readLine();
            for (String next = out.readLine(); line != null && next != null; next = out.readLine()) {
                told.add(line);
                line = next;
            }
        } finally {
            writer.destroyForcibly().waitFor();
        }
        assertThat(told).doesNotContainNull();
        return told;
    }
}
