package io.espalier.actors.job.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.TestJvm;
import io.espalier.actors.job.journal.JobEvent.CheckpointCommitted;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.JobEnded;
import io.espalier.actors.job.journal.JobEvent.JobSubmitted;
import io.espalier.actors.job.journal.JobEvent.StateChanged;
import io.espalier.actors.job.journal.JobEvent.StudentBegan;
import io.espalier.actors.job.journal.JobEvent.StudentLost;
import io.espalier.actors.job.journal.JobEvent.StudentParked;
import io.espalier.actors.job.journal.Journal.Entry;
import io.espalier.actors.job.journal.Journal.Outcome;
import io.espalier.actors.job.journal.Journal.Outcome.Appended;
import io.espalier.actors.job.journal.Journal.Outcome.Conflict;
import io.espalier.actors.protocol.DescribedJobs;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A journal holds the events that it has acknowledged, once and in their places, whatever happens to its writers; of
 * two writers one is first. {@code -Despalier.kills=100} kills as many; the seed is printed.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
abstract class JournalTest {
    private static final int KILLS = Integer.getInteger("espalier.kills", 4);
    private static final long SEED = Long.getLong("espalier.seed", 17);
    private static final Instant NOW = Instant.ofEpochMilli(1_800_000_000_123L);

    abstract JournalSettings.Database database();

    /** The arguments of {@link JournalWriter} after the stream. */
    abstract List<String> writerArguments();

    private JdbcJournal open() {
        return JdbcJournal.open(settings(), Clock.fixed(NOW, ZoneOffset.UTC));
    }

    JournalSettings settings() {
        return new JournalSettings(database(), Duration.ofSeconds(20), 8);
    }

    static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private static List<JobEvent> everything(String job) {
        JobSpec spec = new JobSpec(job, DescribedJobs.distill(), Path.of("/runs"), 2, 3);
        return List.of(
                new JobSubmitted(spec),
                new EpochBegan(1, "pekko://espalier@10.0.0.1:25520", "student-0", -77),
                new StudentBegan(1, -77, 0),
                new CheckpointCommitted(1, -77, 200, "ab".repeat(32)),
                new StudentLost("student-0", -77, "silent for 10 s", true),
                new StudentParked("student-0", -77, 210),
                new StateChanged(JobState.PAUSED, "an operator's wish"),
                new JobEnded(JobState.FAILED, "no more", 75));
    }

    @Test
    void everyEventComesBackAsItWasInOrderAndWithItsTime() {
        try (Journal journal = open()) {
            List<JobEvent> events = everything("whole");
            assertThat(join(journal.append("whole", 0, 0, events.subList(0, 1))))
                    .isEqualTo(new Appended(1));
            assertThat(join(journal.append("whole", 1, 5, events.subList(1, 8))))
                    .isEqualTo(new Appended(8));
        }
        try (Journal journal = open()) {
            List<Entry> entries = join(journal.read("whole"));
            assertThat(entries).extracting(Entry::event).isEqualTo(everything("whole"));
            assertThat(entries).extracting(Entry::seq).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
            assertThat(entries).extracting(Entry::epoch).containsExactly(0L, 5L, 5L, 5L, 5L, 5L, 5L, 5L);
            assertThat(entries).extracting(Entry::time).containsOnly(NOW);
            assertThat(join(journal.read("no such job"))).isEmpty();
        }
    }

    @Test
    void streamsComeInTheOrderInWhichTheyWereBegun() {
        try (Journal journal = open()) {
            for (String job : List.of("order-c", "order-a", "order-b")) {
                join(journal.append(job, 0, 0, everything(job).subList(0, 1)));
            }
            join(journal.append("order-c", 1, 0, List.of(JournalWriter.event(1))));
            assertThat(join(journal.streams()))
                    .filteredOn(job -> job.startsWith("order-"))
                    .containsExactly("order-c", "order-a", "order-b");
        }
    }

    @Test
    void aWriterWhoDoesNotKnowTheNewestEventAddsNothing() {
        try (Journal journal = open()) {
            join(journal.append("known", 0, 0, List.of(JournalWriter.event(1), JournalWriter.event(2))));
            assertThat(join(journal.append("known", 1, 0, List.of(JournalWriter.event(9)))))
                    .isEqualTo(new Conflict(2));
            assertThat(join(journal.append("known", 3, 0, List.of(JournalWriter.event(9)))))
                    .isEqualTo(new Conflict(2));
            assertThat(join(journal.read("known"))).hasSize(2);
        }
    }

    @Test
    void ofWritersWhoRaceExactlyOneIsFirstEachTime() {
        int rounds = 40;
        List<Journal> writers =
                IntStream.range(0, 3).mapToObj(_ -> (Journal) open()).toList();
        try {
            for (int round = 0; round < rounds; round++) {
                long expected = 2L * round;
                List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
                for (Journal writer : writers) {
                    List<JobEvent> two = List.of(JournalWriter.event(expected + 1), JournalWriter.event(expected + 2));
                    outcomes.add(writer.append("race", expected, 1, two).toCompletableFuture());
                }
                assertThat(outcomes.stream().map(CompletableFuture::join))
                        .as("round " + round)
                        .containsExactlyInAnyOrder(
                                new Appended(expected + 2), new Conflict(expected + 2), new Conflict(expected + 2));
            }
            assertThat(join(writers.getFirst().read("race"))).hasSize(2 * rounds);
        } finally {
            writers.forEach(Journal::close);
        }
    }

    @Test
    void moreRequestsThanMayWaitFailAndSoDoThoseAfterTheEnd() {
        Journal journal = open();
        List<CompletableFuture<List<Entry>>> reads = IntStream.range(0, 500)
                .mapToObj(_ -> journal.read("whole").toCompletableFuture())
                .toList();
        journal.close();
        assertThat(reads).allMatch(CompletableFuture::isDone).anyMatch(CompletableFuture::isCompletedExceptionally);
        assertThatThrownBy(() -> join(journal.read("whole")))
                .hasCauseInstanceOf(JournalFailure.class)
                .hasMessageContaining("it is closed, or 8 requests wait");
        journal.close();
    }

    @Test
    void whatALaterVersionHasMadeIsRefused() throws SQLException {
        open().close();
        execute("UPDATE espalier_schema SET version = 2");
        try {
            assertThatThrownBy(this::open)
                    .isInstanceOf(Refused.class)
                    .hasMessage("journal: its schema is of version 2: this program knows 1");
        } finally {
            execute("UPDATE espalier_schema SET version = 1");
        }
    }

    @Test
    void anEventThatIsMissingIsNotReadOver() throws SQLException {
        try (Journal journal = open()) {
            join(journal.append("hole", 0, 0, everything("hole")));
        }
        execute("DELETE FROM espalier_event WHERE stream = 'hole' AND seq = 3");
        try (Journal journal = open()) {
            assertThatThrownBy(() -> join(journal.read("hole"))).hasMessageContaining("hole: event 3 is missing");
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DatabaseAccess.connect(settings());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    @Tag("full")
    void whatAKilledWriterHadAcknowledgedIsThereOnceAndInOrder() throws Exception {
        Random random = new Random(SEED);
        long acknowledged = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            long last = writeAndBeKilled(1 + random.nextInt(200), random.nextInt(20));
            String where = "seed " + SEED + ", kill " + kill;
            assertThat(last).as(where).isGreaterThan(acknowledged);
            acknowledged = last;
            try (Journal journal = open()) {
                List<Entry> entries = join(journal.read("killed"));
                // An append of two events may have been on its way.
                assertThat((long) entries.size()).as(where).isIn(acknowledged, acknowledged + 2);
                assertThat(entries)
                        .as(where)
                        .extracting(Entry::event)
                        .isEqualTo(IntStream.rangeClosed(1, entries.size())
                                .mapToObj(JournalWriter::event)
                                .toList());
            }
        }
        System.out.println(getClass().getSimpleName() + ": seed " + SEED + ", " + KILLS + " kills, " + acknowledged
                + " events acknowledged");
    }

    /** Kills the writer a little after so many acknowledgements; gives the last of them. */
    private long writeAndBeKilled(int acknowledgements, long afterMillis) throws IOException, InterruptedException {
        List<String> command = TestJvm.command(JournalWriter.class.getName());
        command.add("killed");
        command.addAll(writerArguments());
        Path errors = Files.createTempFile("espalier-journal", ".err");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        String last = null;
        try (java.io.BufferedReader lines = process.inputReader()) {
            for (int i = 0; i < acknowledgements; i++) {
                String line = lines.readLine();
                assertThat(line).as(() -> read(errors)).isNotNull();
                last = line;
            }
            process.waitFor(afterMillis, TimeUnit.MILLISECONDS);
            // Unlike the process itself, its handle leaves what it has written to be read.
            process.toHandle().destroyForcibly();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
            }
        }
        assertThat(process.waitFor()).isEqualTo(137);
        Files.delete(errors);
        return Long.parseLong(last);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
