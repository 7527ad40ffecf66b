package io.espalier.actors.job.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espalier.actors.job.journal.Journal.Outcome.Appended;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The journal in a server of the test's own, reached with a password from a file. */
@Tag("full")
class PostgresJournalTest extends JournalTest {
    private static PostgresServer server;

    @BeforeAll
    static void start() throws Exception {
        Path binaries = PostgresServer.binaries();
        assumeTrue(binaries != null, "no PostgreSQL server is installed below /usr/lib/postgresql");
        server = PostgresServer.start(binaries);
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Override
    JournalSettings.Database database() {
        return server.database();
    }

    @Override
    List<String> writerArguments() {
        JournalSettings.Database.PostgreSql database = (JournalSettings.Database.PostgreSql) database();
        return List.of(database.url(), database.user(), database.passwordFile());
    }

    @Test
    void aServerThatComesBackIsUsedAgainAndHasForgottenNothing() {
        try (Journal journal = JdbcJournal.open(settings(), Clock.systemUTC())) {
            join(journal.append("crash", 0, 0, List.of(JournalWriter.event(1))));
            server.crashAndStart();
            assertThatThrownBy(() -> join(journal.append("crash", 1, 0, List.of(JournalWriter.event(2)))))
                    .hasCauseInstanceOf(JournalFailure.class);
            assertThat(join(journal.append("crash", 1, 0, List.of(JournalWriter.event(2)))))
                    .isEqualTo(new Appended(2));
            assertThat(join(journal.read("crash"))).hasSize(2);
        }
    }
}
