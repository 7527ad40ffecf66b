package io.espalier.actors.job.journal;

import io.espalier.actors.job.journal.JobEvent.CheckpointCommitted;
import io.espalier.actors.job.journal.Journal.Outcome;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** A process that appends for ever, and says so of each event once it is acknowledged; its test kills it. */
final class JournalWriter {
    private JournalWriter() {}

    /** Takes the stream, and the database: a file, or URL, user and file of the password. */
    public static void main(String[] arguments) {
        JournalSettings.Database database = arguments.length == 2
                ? new JournalSettings.Database.Sqlite(Path.of(arguments[1]), Duration.ofHours(1))
                : new JournalSettings.Database.PostgreSql(arguments[1], arguments[2], arguments[3], "NOT_SET");
        try (Journal journal =
                JdbcJournal.open(new JournalSettings(database, Duration.ofSeconds(20), 16), Clock.systemUTC())) {
            long seq = journal.read(arguments[0]).toCompletableFuture().join().size();
            while (true) {
                List<JobEvent> events = List.of(event(seq + 1), event(seq + 2));
                Outcome outcome = journal.append(arguments[0], seq, 1, events)
                        .toCompletableFuture()
                        .join();
                seq = switch (outcome) {
                    case Outcome.Appended appended -> appended.seq();
                    case Outcome.Conflict conflict -> throw new IllegalStateException("" + conflict);
                };
                System.out.println(seq);
            }
        }
    }

    static JobEvent event(long seq) {
        return new CheckpointCommitted(1, 7, seq, "ab".repeat(32));
    }
}
