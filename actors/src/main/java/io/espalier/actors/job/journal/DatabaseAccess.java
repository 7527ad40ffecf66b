package io.espalier.actors.job.journal;

import io.espalier.actors.job.journal.JournalSettings.Database;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;

/**
 * The differences between the databases: how they are reached, how they count, and how they say that a key is taken.
 */
enum DatabaseAccess {
    SQLITE("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB") {
        @Override
        boolean isTaken(SQLException failure) {
            return failure.getErrorCode() == SQLITE_CONSTRAINT;
        }

        // Its transactions begin by taking the one lock that writers have.
        @Override
        String lock() {
            return "";
        }
    },
    POSTGRESQL("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BYTEA") {
        @Override
        boolean isTaken(SQLException failure) {
            return UNIQUE_VIOLATION.equals(failure.getSQLState());
        }

        @Override
        String lock() {
            return "SELECT pg_advisory_xact_lock(5201)";
        }
    };

    private static final int SQLITE_CONSTRAINT = 19;
    private static final String UNIQUE_VIOLATION = "23505";

    private final String position;
    private final String bytes;

    DatabaseAccess(String position, String bytes) {
        this.position = position;
        this.bytes = bytes;
    }

    /** Whether a statement has failed because another writer has put a row there. */
    abstract boolean isTaken(SQLException failure);

    /** Keeps other processes from changing the schema until the transaction ends; empty where that needs no statement. */
    abstract String lock();

    List<String> schema() {
        return List.of("""
            CREATE TABLE espalier_event (
              position %s,
              stream TEXT NOT NULL,
              seq BIGINT NOT NULL,
              epoch BIGINT NOT NULL,
              type TEXT NOT NULL,
              time_ms BIGINT NOT NULL,
              payload %s NOT NULL,
              UNIQUE (stream, seq))\
            """.formatted(position, bytes));
    }

    static DatabaseAccess of(Database database) {
        return switch (database) {
            case Database.Sqlite _ -> SQLITE;
            case Database.PostgreSql _ -> POSTGRESQL;
        };
    }

    /** Opens a connection that is in no transaction: in one, SQLite keeps all other writers out. */
    static Connection connect(JournalSettings settings) throws SQLException {
        Properties properties = new Properties();
        String url = switch (settings.database()) {
            case Database.Sqlite(Path file, Duration _) -> sqlite(file, settings, properties);
            case Database.PostgreSql server -> postgresql(server, settings, properties);
        };
        return DriverManager.getConnection(url, properties);
    }

    private static String sqlite(Path file, JournalSettings settings, Properties properties) {
        create(file.toAbsolutePath());
        properties.setProperty("journal_mode", "WAL");
        // NORMAL would forget the last events at a loss of power, FULL does not.
        properties.setProperty("synchronous", "FULL");
        properties.setProperty("busy_timeout", "" + settings.timeout().toMillis());
        properties.setProperty("transaction_mode", "IMMEDIATE");
        return "jdbc:sqlite:" + file.toAbsolutePath();
    }

    /**
     * Creates the file for this user alone, since arguments of jobs may hold secrets. SQLite gives its other files the
     * same mode.
     */
    private static void create(Path file) {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        try {
            if (!Files.isDirectory(file.getParent())) {
                Files.createDirectories(file.getParent(), mode(posix, "rwx------"));
            }
            Files.createFile(file, mode(posix, "rw-------"));
        } catch (FileAlreadyExistsException e) {
            // The file is an earlier coordinator's, or another one has been faster.
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static FileAttribute<?>[] mode(boolean posix, String mode) {
        return posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))}
                : new FileAttribute<?>[0];
    }

    private static String postgresql(Database.PostgreSql server, JournalSettings settings, Properties properties) {
        properties.setProperty("user", server.user());
        properties.setProperty("ApplicationName", "espalier");
        properties.setProperty("connectTimeout", "" + settings.timeout().toSeconds());
        properties.setProperty("socketTimeout", "" + settings.timeout().toSeconds());
        String password = password(server);
        if (password != null) {
            properties.setProperty("password", password);
        }
        return server.url();
    }

    /** Null where there is none: the server may do without. */
    private static String password(Database.PostgreSql server) {
        if (server.passwordFile().isEmpty()) {
            return System.getenv(server.passwordEnv());
        }
        Path file = Path.of(server.passwordFile());
        try (java.util.stream.Stream<String> lines = Files.lines(file)) {
            return lines.findFirst().orElse("");
        } catch (IOException e) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "espalier.journal.postgresql.password-file is " + file + ": must be readable",
                    e);
        }
    }
}
