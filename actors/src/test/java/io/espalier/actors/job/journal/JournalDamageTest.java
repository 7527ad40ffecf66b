package io.espalier.actors.job.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.StudentParked;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.FullDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A journal that is damaged, empty or gone is named, and its verified copy is the way back. */
@Timeout(60)
class JournalDamageTest {
    @TempDir
    Path state;

    private Path file() {
        return state.resolve("journal.db");
    }

    private JdbcJournal open() {
        return JdbcJournal.open(
                new JournalSettings(
                        new JournalSettings.Database.Sqlite(file(), Duration.ofHours(1)), Duration.ofSeconds(5), 16),
                Clock.systemUTC());
    }

    /** Two jobs of three events each, as far as the journal knows, and the list of both. */
    private void fill() {
        try (Journal journal = open()) {
            append(journal, Journal.LIST, 2);
            append(journal, "a", 3);
            append(journal, "b", 3);
        }
    }

    private static void append(Journal journal, String stream, int events) {
        for (int i = 0; i < events; i++) {
            journal.append(stream, i, 1, List.of(new EpochBegan(i + 1, "c", "", 0)))
                    .toCompletableFuture()
                    .join();
        }
    }

    private void sql(String statement) throws SQLException {
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement s = database.createStatement()) {
            s.execute(statement);
        }
    }

    private void damage(String what) throws Exception {
        switch (what) {
            case "garbage" -> {
                try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
                    channel.write(ByteBuffer.wrap("no database at all, whatever".getBytes(StandardCharsets.UTF_8)), 0);
                }
            }
            case "cut" -> {
                try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
                    channel.truncate(channel.size() - 5000);
                }
            }
            case "empty" -> Files.write(file(), new byte[0]);
            case "gone" -> Files.delete(file());
            case "no events" -> sql("DELETE FROM espalier_event");
            default -> throw new IllegalArgumentException(what);
        }
    }

    static Stream<String> what() {
        return Stream.of("garbage", "cut", "empty", "gone", "no events");
    }

    @ParameterizedTest
    @MethodSource("what")
    void whateverHappenedToTheFileIsToldAndTheCopyIsTheWayBack(String what) throws Exception {
        fill();
        damage(what);
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.BAD_CONFIGURATION))
                .hasMessageStartingWith(file() + ": ")
                .hasMessageContaining("'espalier journal restore'");
        Path aside = SqliteFile.restore(file(), Instant.ofEpochMilli(5));
        assertThat(Files.exists(aside)).as("what was there is kept").isTrue();
        try (Journal journal = open()) {
            assertThat(journal.read("a").toCompletableFuture().join()).hasSize(3);
            assertThat(journal.streams().toCompletableFuture().join()).containsExactly(Journal.LIST, "a", "b");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @Test
    void anEventOfOneJobThatCannotBeReadIsNamedAndTheOthersAreRead() throws SQLException {
        fill();
        sql("UPDATE espalier_event SET type = 'from-the-future' WHERE stream = 'a' AND seq = 2");
        try (Journal journal = open()) {
            assertThatThrownBy(() -> journal.read("a").toCompletableFuture().join())
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            JournalFailure.Unreadable.class,
                            e -> assertThat(e.newest()).isEqualTo(3))
                    .hasMessage("journal: a: event 2 cannot be read: an event of type from-the-future: written by a"
                            + " later version");
            assertThat(journal.read("b").toCompletableFuture().join()).hasSize(3);
        }
        assertThat(SqliteFile.look(file()).faults()).hasSize(1);
        assertThat(SqliteFile.look(SqliteFile.copyOf(file())).faults())
                .as("what cannot be read replaces no copy")
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE espalier_event SET payload = x'ffffffff' WHERE stream = '*jobs' AND seq = 1",
                "DELETE FROM espalier_event WHERE stream = '*jobs' AND seq = 1"
            })
    void aListOfJobsThatCannotBeReadIsRefusedAtOnce(String damage) throws SQLException {
        fill();
        sql(damage);
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.BAD_CONFIGURATION))
                .hasMessageContaining("*jobs: event 1");
    }

    @Test
    void aMissingEventInTheMiddleIsNamed() throws SQLException {
        fill();
        sql("DELETE FROM espalier_event WHERE stream = 'b' AND seq = 2");
        try (Journal journal = open()) {
            assertThatThrownBy(() -> journal.read("b").toCompletableFuture().join())
                    .hasMessageContaining("b: event 2 is missing");
        }
    }

    @Test
    void aCopyThatThereIsNoRoomForIsMadeAfterTheNextChange() {
        try (Journal journal = open()) {
            try (FullDisk _ = FullDisk.below(state)) {
                append(journal, Journal.LIST, 1);
                journal.streams().toCompletableFuture().join();
                assertThat(SqliteFile.copyOf(file())).doesNotExist();
            }
            journal.append(Journal.LIST, 1, 1, List.of(new StudentParked("s", 1, 5)))
                    .toCompletableFuture()
                    .join();
            journal.streams().toCompletableFuture().join();
            assertThat(SqliteFile.look(SqliteFile.copyOf(file())).events()).isEqualTo(2);
        }
    }

    @Test
    void aJournalThatIsNewIsAsItAlwaysWas() throws IOException {
        try (Journal journal = open()) {
            assertThat(journal.streams().toCompletableFuture().join()).isEmpty();
        }
        try (Stream<Path> files = Files.list(state)) {
            assertThat(files.filter(path -> path.toString().endsWith(".copy"))).isEmpty();
        }
    }

    @Test
    void withoutACopyThereIsNothingToGoBackTo() throws IOException {
        Files.writeString(file(), "no database");
        assertThatThrownBy(this::open).hasMessageContaining("there is no copy of it");
        assertThatThrownBy(() -> SqliteFile.restore(file(), Instant.EPOCH))
                .hasMessageEndingWith("cannot be gone back to: the file is missing");
    }
}
