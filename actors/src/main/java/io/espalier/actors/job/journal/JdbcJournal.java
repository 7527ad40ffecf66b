package io.espalier.actors.job.journal;

import io.espalier.actors.job.journal.JournalSettings.Database;
import io.espalier.gpu.Refused;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal in a database. Owns one connection, which one thread of its own uses, and opens it again after a failure; several
 * processes may each have their own journal of the same database.
 */
public final class JdbcJournal implements Journal {
    private static final Logger LOG = LoggerFactory.getLogger(JdbcJournal.class);

    /** The version of the tables that {@link DatabaseAccess#schema} makes. */
    static final long SCHEMA_VERSION = 1;

    private static final String INSERT =
            "INSERT INTO espalier_event (stream, seq, epoch, type, time_ms, payload) VALUES (?, ?, ?, ?, ?, ?)";

    private final JournalSettings settings;
    private final DatabaseAccess access;
    private final Clock clock;
    private final ThreadPoolExecutor thread;
    /** Null until it is needed, and after a failure. */
    private Connection connection;

    private volatile boolean opened;
    /** The time of the last copy. This field and the next two belong to the journal's thread. */
    private long copiedNanos = System.nanoTime();

    private boolean changedSinceCopy;
    private boolean copyDue;

    /** A transaction, carried out by the journal's thread; one that fails must change nothing. */
    @FunctionalInterface
    private interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private JdbcJournal(JournalSettings settings, Clock clock) {
        this.settings = settings;
        this.access = DatabaseAccess.of(settings.database());
        this.clock = clock;
        this.thread = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(settings.queueCapacity()),
                task -> Thread.ofPlatform().name("journal").daemon().unstarted(task));
    }

    /**
     * Opens a journal; makes its tables where they are absent. Blocks.
     *
     * @throws Refused where a later version has made the tables
     * @throws JournalFailure where the database cannot be reached
     */
    public static JdbcJournal open(JournalSettings settings, Clock clock) {
        JdbcJournal journal = new JdbcJournal(settings, clock);
        try {
            if (settings.database() instanceof Database.Sqlite sqlite) {
                SqliteFile.requireThere(sqlite.file());
            }
            journal.submit("opening", journal::migrate).join();
            journal.submit("checking", journal::check).join();
            journal.opened = true;
            return journal;
        } catch (java.util.concurrent.CompletionException e) {
            journal.close();
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Checks all events. A job with a faulty event is left alone; a fault in the list of jobs refuses the journal. */
    private Void check(Connection database) throws SQLException {
        for (String fault : JournalCheck.faults(database)) {
            if (fault.startsWith(LIST + ":")) {
                throw damaged(fault);
            }
            LOG.warn("journal: {}: that job is left alone", fault);
        }
        if (settings.database() instanceof Database.Sqlite sqlite) {
            SqliteFile.requireJobs(sqlite.file(), JournalCheck.events(database));
        }
        return null;
    }

    private Refused damaged(String fault) {
        return switch (settings.database()) {
            case Database.Sqlite sqlite -> SqliteFile.damaged(sqlite.file(), fault);
            case Database.PostgreSql _ ->
                new Refused(Refused.Reason.BAD_CONFIGURATION, "journal: is damaged: " + fault);
        };
    }

    private Void migrate(Connection database) throws SQLException {
        try (Statement statement = database.createStatement()) {
            if (!access.lock().isEmpty()) {
                statement.execute(access.lock());
            }
            statement.execute("CREATE TABLE IF NOT EXISTS espalier_schema (version BIGINT NOT NULL)");
            long version = number(statement, "SELECT COALESCE(MAX(version), 0) FROM espalier_schema");
            if (version > SCHEMA_VERSION) {
                throw new Refused(
                        Refused.Reason.WRONG_STATE,
                        "journal: its schema is of version " + version + ": this program knows " + SCHEMA_VERSION);
            }
            if (version == 0) {
                for (String table : access.schema()) {
                    statement.execute(table);
                }
                statement.execute("INSERT INTO espalier_schema VALUES (" + SCHEMA_VERSION + ")");
            }
            database.commit();
            return null;
        }
    }

    private static long number(Statement statement, String query) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Override
    public CompletionStage<Outcome> append(
            String stream, long expectedSeq, long epoch, List<? extends JobEvent> events) {
        List<JobEvent> copy = List.copyOf(events);
        return submit("appending", database -> append(database, stream, expectedSeq, epoch, copy));
    }

    private Outcome append(Connection database, String stream, long expectedSeq, long epoch, List<JobEvent> events)
            throws SQLException {
        long current = currentSeq(database, stream);
        if (current != expectedSeq) {
            return new Outcome.Conflict(current);
        }
        long time = clock.millis();
        try (PreparedStatement insert = database.prepareStatement(INSERT)) {
            long seq = expectedSeq;
            for (JobEvent event : events) {
                insert.setString(1, stream);
                insert.setLong(2, ++seq);
                insert.setLong(3, epoch);
                insert.setString(4, EventCodec.type(event));
                insert.setLong(5, time);
                insert.setBytes(6, EventCodec.payload(event));
                insert.executeUpdate();
            }
            database.commit();
            changed(stream, events);
            return new Outcome.Appended(seq);
        } catch (SQLException e) {
            // The key decides which writer was first where writers do not wait for each other's transactions.
            if (!access.isTaken(e)) {
                throw e;
            }
            database.rollback();
            return new Outcome.Conflict(currentSeq(database, stream));
        }
    }

    /**
     * Notes that a copy is due: at once where the list of jobs has changed, which must not be lost; anything else is
     * found again in the jobs' directories.
     */
    private void changed(String stream, List<JobEvent> events) {
        boolean jobs = stream.equals(LIST) || events.stream().anyMatch(JobEvent.JobEnded.class::isInstance);
        if (settings.database() instanceof Database.Sqlite sqlite && !events.isEmpty()) {
            changedSinceCopy = true;
            copyDue |= jobs
                    || System.nanoTime() - copiedNanos >= sqlite.copyEvery().toNanos();
        }
    }

    /** A copy that cannot be made now is made after the next change. */
    private void copy() {
        if (connection == null || !(settings.database() instanceof Database.Sqlite sqlite)) {
            return;
        }
        copyDue = false;
        copiedNanos = System.nanoTime();
        try {
            SqliteFile.copy(connection, sqlite.file());
            changedSinceCopy = false;
        } catch (SQLException | RuntimeException e) {
            LOG.warn("journal: no copy of {} could be made: {}", sqlite.file(), e.getMessage());
        }
    }

    private static long currentSeq(Connection database, String stream) throws SQLException {
        try (PreparedStatement query =
                database.prepareStatement("SELECT COALESCE(MAX(seq), 0) FROM espalier_event WHERE stream = ?")) {
            query.setString(1, stream);
            try (ResultSet rows = query.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    @Override
    public CompletionStage<List<Entry>> read(String stream) {
        return submit("reading", database -> read(database, stream));
    }

    private static List<Entry> read(Connection database, String stream) throws SQLException {
        List<Entry> entries = new ArrayList<>();
        try (PreparedStatement query = database.prepareStatement(
                "SELECT seq, epoch, type, time_ms, payload FROM espalier_event WHERE stream = ? ORDER BY seq")) {
            query.setString(1, stream);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    if (rows.getLong(1) != entries.size() + 1) {
                        throw unreadable(database, stream, entries.size() + 1, "is missing", null);
                    }
                    entries.add(new Entry(
                            rows.getLong(1),
                            rows.getLong(2),
                            Instant.ofEpochMilli(rows.getLong(4)),
                            EventCodec.event(rows.getString(3), rows.getBytes(5))));
                }
            } catch (JournalFailure.Unreadable e) {
                throw e;
            } catch (JournalFailure e) {
                String why = "cannot be read: " + e.getMessage().replaceFirst("^journal: ", "");
                throw unreadable(database, stream, entries.size() + 1, why, e);
            }
        }
        return List.copyOf(entries);
    }

    private static JournalFailure.Unreadable unreadable(
            Connection database, String stream, long seq, String why, Exception cause) throws SQLException {
        return new JournalFailure.Unreadable(
                stream + ": event " + seq + " " + why, currentSeq(database, stream), cause);
    }

    @Override
    public CompletionStage<List<String>> streams() {
        return submit("reading", database -> {
            List<String> streams = new ArrayList<>();
            try (Statement statement = database.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "SELECT stream FROM espalier_event WHERE seq = 1 ORDER BY position")) {
                while (rows.next()) {
                    streams.add(rows.getString(1));
                }
            }
            return List.copyOf(streams);
        });
    }

    private <T> CompletableFuture<T> submit(String what, Work<T> work) {
        Request<T> request = new Request<>(what, work);
        try {
            thread.execute(request);
        } catch (RejectedExecutionException e) {
            request.giveUp("it is closed, or " + settings.queueCapacity() + " requests wait", e);
        }
        return request.result;
    }

    /** Work in the queue of the journal's thread. */
    private final class Request<T> implements Runnable {
        private final String what;
        private final Work<T> work;
        private final CompletableFuture<T> result = new CompletableFuture<>();

        private Request(String what, Work<T> work) {
            this.what = what;
            this.work = work;
        }

        @Override
        public void run() {
            try {
                if (connection == null) {
                    connection = DatabaseAccess.connect(settings);
                }
                connection.setAutoCommit(false);
                T done = work.on(connection);
                // Ends what transaction there still is.
                connection.setAutoCommit(true);
                result.complete(done);
                if (copyDue) {
                    copy();
                }
            } catch (SQLException e) {
                disconnect(e);
                Refused refused = refusal(e);
                if (refused == null) {
                    giveUp(e.getMessage(), e);
                } else {
                    result.completeExceptionally(refused);
                }
            } catch (RuntimeException e) {
                disconnect(e);
                result.completeExceptionally(e);
            }
        }

        private void giveUp(String why, Exception cause) {
            result.completeExceptionally(new JournalFailure(what + ": " + why, cause));
        }
    }

    /**
     * The refusal of a damaged file while the journal is opened, when somebody reads it; null later, when the
     * coordinator tries again.
     */
    private Refused refusal(SQLException e) {
        return opened || !(settings.database() instanceof Database.Sqlite sqlite)
                ? null
                : SqliteFile.refusal(sqlite.file(), e);
    }

    /** Closes the connection, which ends any transaction that is left on it. */
    private void disconnect(Exception failure) {
        if (connection == null) {
            return;
        }
        try {
            connection.close();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
        connection = null;
    }

    @Override
    public void close() {
        List<Runnable> waiting = new ArrayList<>();
        thread.getQueue().drainTo(waiting);
        thread.shutdown();
        for (Runnable request : waiting) {
            ((Request<?>) request).giveUp("closed while it waited", null);
        }
        try {
            if (!thread.awaitTermination(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
                throw new JournalFailure("closing: a statement does not end", null);
            }
            if (connection != null) {
                if (changedSinceCopy) {
                    copy();
                }
                connection.close();
                connection = null;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            throw new JournalFailure("closing: " + e.getMessage(), e);
        }
    }
}
