package io.espalier.actors.job.journal;

import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.disk.FullDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The file of a journal, and beside it the newest copy of which every event has been read. Finds the faults of the
 * file, and goes back to the copy.
 */
public final class SqliteFile {
    private static final String COPY = ".copy";
    private static final List<String> PARTS = List.of("", "-wal", "-shm");

    private SqliteFile() {}

    /** The path of a journal's copy. */
    public static Path copyOf(Path file) {
        return file.resolveSibling(file.getFileName() + COPY);
    }

    /**
     * The state of a journal's file.
     *
     * @param faults what cannot be read; empty where all is well
     */
    public record Standing(long jobs, long events, List<String> faults) {}

    /** Reads all of a journal or of a copy, without changing it. */
    public static Standing look(Path file) {
        if (!Files.isRegularFile(file)) {
            return new Standing(0, 0, List.of("the file is missing"));
        }
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:file:" + uri(file) + "?mode=ro")) {
            List<String> faults = new ArrayList<>(unsound(database));
            if (faults.isEmpty()) {
                faults.addAll(JournalCheck.faults(database));
            }
            return new Standing(JournalCheck.jobs(database), JournalCheck.events(database), faults);
        } catch (SQLException e) {
            return new Standing(0, 0, List.of(String.valueOf(e.getMessage())));
        }
    }

    private static String uri(Path file) {
        return file.toAbsolutePath().toUri().getRawPath();
    }

    private static List<String> unsound(Connection database) throws SQLException {
        List<String> faults = new ArrayList<>();
        try (Statement statement = database.createStatement();
                ResultSet rows = statement.executeQuery("PRAGMA quick_check(10)")) {
            while (rows.next()) {
                if (!rows.getString(1).equals("ok")) {
                    faults.add(rows.getString(1).replace('\n', ' '));
                }
            }
        }
        return faults;
    }

    /** Refuses a journal whose file is missing or empty while it has a copy: a new journal has none. */
    static void requireThere(Path file) {
        try {
            boolean absent = !Files.exists(file) || Files.size(file) == 0;
            if (absent && Files.exists(copyOf(file))) {
                throw gone(file, Files.exists(file) ? "is empty" : "is missing");
            }
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }

    /** Refuses a journal that has its tables and no event in them while its copy has events. */
    static void requireJobs(Path file, long events) {
        if (events == 0 && Files.exists(copyOf(file)) && look(copyOf(file)).events() > 0) {
            throw gone(file, "has no event");
        }
    }

    private static Refused gone(Path file, String what) {
        return new Refused(
                Refused.Reason.BAD_CONFIGURATION,
                file + ": " + what + ", and " + copyOf(file) + " of " + time(copyOf(file)) + " has "
                        + look(copyOf(file)).jobs()
                        + " jobs: 'espalier journal restore' takes it; remove the copy to begin without jobs");
    }

    static Refused damaged(Path file, String why) {
        return new Refused(
                Refused.Reason.BAD_CONFIGURATION,
                file + ": the journal is damaged: " + why + ": 'espalier journal check' says more"
                        + (Files.exists(copyOf(file))
                                ? ", 'espalier journal restore' goes back to the copy of " + time(copyOf(file))
                                : ", and there is no copy of it"));
    }

    /** The refusal of a file that cannot be opened; null for a failure that has no refusal of its own. */
    static Refused refusal(Path file, SQLException e) {
        return switch (e.getErrorCode() & 0xff) {
            case 11, 26 -> damaged(file, String.valueOf(e.getMessage()));
            // Busy, locked, read-only, an I/O error, full, cannot be opened.
            case 5, 6, 8, 10, 13, 14 ->
                new Refused(Refused.Reason.TRY_AGAIN, file + ": the journal cannot be opened: " + e.getMessage(), e);
            default -> null;
        };
    }

    private static Instant time(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            return Instant.EPOCH;
        }
    }

    /** Puts a copy of the database in the place of the one before, where all of it can be read; else that one stays. */
    static void copy(Connection database, Path file) throws SQLException {
        Path copy = copyOf(file);
        Path next = copy.resolveSibling("." + copy.getFileName() + ".tmp");
        try {
            try {
                FullDisk.check(copy);
                Files.deleteIfExists(next);
                // Made here, since SQLite would let others read it.
                Files.createFile(
                        next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                try (Statement statement = database.createStatement()) {
                    statement.execute(
                            "VACUUM INTO '" + next.toAbsolutePath().toString().replace("'", "''") + "'");
                }
                List<String> faults = look(next).faults();
                if (!faults.isEmpty()) {
                    throw new JournalFailure(faults.getFirst(), null);
                }
                AtomicFile.sync(next);
                AtomicFile.move(next, copy);
            } finally {
                Files.deleteIfExists(next);
            }
        } catch (IOException e) {
            throw DiskFault.failure(copy, e);
        }
    }

    /**
     * Goes back to the copy; the file before is kept under another name. Nobody may have the journal open.
     *
     * @return the new place of the file before; the file itself where there was none
     */
    public static Path restore(Path file, Instant now) {
        Path copy = copyOf(file);
        Standing standing = look(copy);
        if (!standing.faults().isEmpty()) {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    copy + ": cannot be gone back to: " + standing.faults().getFirst());
        }
        String aside = file.getFileName() + ".damaged-" + now.toEpochMilli();
        try {
            Path next = copy.resolveSibling("." + file.getFileName() + ".restored");
            Files.copy(copy, next, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
            Files.setLastModifiedTime(next, FileTime.from(now));
            AtomicFile.sync(next);
            boolean was = Files.exists(file);
            for (String part : PARTS) {
                Path old = file.resolveSibling(file.getFileName() + part);
                if (Files.exists(old)) {
                    Files.move(old, file.resolveSibling(aside + part));
                }
            }
            AtomicFile.move(next, file);
            return was ? file.resolveSibling(aside) : file;
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }
}
