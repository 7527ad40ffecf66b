package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedOutputStream;
import io.espalier.actors.job.journal.JdbcJournal;
import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.JobEnded;
import io.espalier.actors.job.journal.JobEvent.JobSubmitted;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.job.journal.JournalSettings;
import io.espalier.actors.protocol.DescribedJobs;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job was a command line once: id, arguments, directory, teachers, stages and origin, fields 1 to 6 of its row. One that was
 * journalled so is refused by name, and its history and the other jobs are what they were.
 */
@Timeout(60)
class FormerJobsTest {
    private static final List<String> ARGUMENTS =
            List.of("continual", "--live", "{\"sources\":{\"web\":{\"kind\":\"http\"}}}", "--out", "out");

    @TempDir
    Path state;

    private JdbcJournal open() {
        return JdbcJournal.open(
                new JournalSettings(
                        new JournalSettings.Database.Sqlite(state.resolve("journal.db"), Duration.ofHours(1)),
                        Duration.ofSeconds(5),
                        16),
                Clock.systemUTC());
    }

    private static void append(Journal journal, String stream, int seq, JobEvent event) {
        assertThat(journal.append(stream, seq, 1, List.of(event))
                        .toCompletableFuture()
                        .join())
                .isEqualTo(new Journal.Outcome.Appended(seq + 1));
    }

    private static JobEvent submitted(String id) {
        return new JobSubmitted(new JobSpec(id, DescribedJobs.distill(), Path.of("/runs"), 1, 1));
    }

    private static byte[] formerRow(String id) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream row = CodedOutputStream.newInstance(bytes);
        row.writeString(1, id);
        for (String argument : ARGUMENTS) {
            row.writeString(2, argument);
        }
        row.writeString(3, "/runs");
        row.writeInt32(5, 1);
        row.writeString(6, "5b1d");
        row.flush();
        return bytes.toByteArray();
    }

    /** Writes the rows of a job as the version before this one did. */
    private void former(String id) throws SQLException, IOException {
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + state.resolve("journal.db"));
                PreparedStatement change =
                        database.prepareStatement("UPDATE espalier_event SET payload = ? WHERE type ="
                                + " 'job-submitted' AND (stream = ? OR (stream = ? AND seq = ?))")) {
            change.setBytes(1, formerRow(id));
            change.setString(2, id);
            change.setString(3, Journal.LIST);
            change.setInt(4, id.equals("former") ? 1 : 2);
            assertThat(change.executeUpdate()).isEqualTo(2);
        }
    }

    @Test
    void aJobThatWasACommandLineIsRefusedByNameAndTheOthersGoOn() throws SQLException, IOException {
        try (Journal journal = open()) {
            append(journal, Journal.LIST, 0, submitted("former"));
            append(journal, "former", 0, submitted("former"));
            append(journal, "former", 1, new EpochBegan(1, "c", "", 0));
            append(journal, Journal.LIST, 1, submitted("done"));
            append(journal, "done", 0, submitted("done"));
            append(journal, "done", 1, new JobEnded(JobState.STOPPED, "drained", 0));
            append(journal, Journal.LIST, 2, submitted("new"));
            append(journal, "new", 0, submitted("new"));
        }
        former("former");
        former("done");
        try (Journal journal = open()) {
            List<JobLog> jobs = new Recovery(journal, "this one")
                    .run()
                    .toCompletableFuture()
                    .join()
                    .jobs();
            assertThat(jobs).extracting(log -> log.job().id()).containsExactly("former", "done", "new");
            JobLog former = jobs.getFirst();
            assertThat(former.state()).isEqualTo(JobState.FAILED);
            assertThat(former.exitCode()).isEqualTo(78);
            assertThat(former.cause()).contains("another version of espalier").contains("submit it again");
            assertThat(former.job().kind()).isEqualTo("unknown");
            assertThat(former.job().directory()).isEqualTo(Path.of("/runs"));
            assertThat(jobs.get(1).cause()).isEqualTo("drained");
            assertThat(jobs.get(1).state()).isEqualTo(JobState.STOPPED);
            assertThat(jobs.get(2).state()).isEqualTo(JobState.STARTING);
            assertThat(jobs.get(2).job().job()).isEqualTo(DescribedJobs.distill());
            assertThat(journal.read("former").toCompletableFuture().join())
                    .as("nothing is added to what is not understood")
                    .hasSize(2);
        }
    }
}
