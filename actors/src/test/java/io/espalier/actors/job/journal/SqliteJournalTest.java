package io.espalier.actors.job.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The journal in a file. */
class SqliteJournalTest extends JournalTest {
    @TempDir
    static Path directory;

    private static Path file() {
        return directory.resolve("state/journal.db");
    }

    @Override
    JournalSettings.Database database() {
        return new JournalSettings.Database.Sqlite(file(), Duration.ofHours(1));
    }

    @Override
    List<String> writerArguments() {
        return List.of(file().toString());
    }

    @Test
    void itsFilesAreForTheirUserAlone() throws IOException {
        assumeThat(FileSystems.getDefault().supportedFileAttributeViews()).contains("posix");
        try (Journal journal = JdbcJournal.open(settings(), Clock.systemUTC())) {
            join(journal.append("mode", 0, 0, List.of(JournalWriter.event(1))));
            assertThat(permissions(file().getParent())).isEqualTo("rwx------");
            for (String suffix : List.of("", "-wal", "-shm")) {
                assertThat(permissions(Path.of(file() + suffix))).isEqualTo("rw-------");
            }
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
