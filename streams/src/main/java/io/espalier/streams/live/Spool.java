package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.DiskFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Records that nobody could send again, on disk until they are part of a checkpoint. They are numbered from 0 and go to
 * segments, each record checksummed; a sender is answered once they have been forced to disk, many senders' by one force.
 * One writer; the reader may be another process. Safe for several threads.
 *
 * <p>What a crash tore off at the end was never acknowledged, and is cut when the spool is opened. Damage before it is
 * left to the reader, which passes over it and says so.
 */
public final class Spool implements AutoCloseable {
    /** The permissions of the spool's directory: records are for its owner alone to read. */
    private static final FileAttribute<?>[] OWNERS =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                    ? new FileAttribute<?>[] {
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                    }
                    : new FileAttribute<?>[0];

    private final Path directory;
    private final SpoolSettings settings;
    private final InstantSource clock;
    private final SpoolLog log;
    private final KeyWindow keys;
    private final SpoolAges ages;
    private long committed;

    private Spool(Path directory, SpoolSettings settings, InstantSource clock, long end) throws IOException {
        this.directory = directory;
        this.settings = settings;
        this.clock = clock;
        this.ages = new SpoolAges(settings.maxAge());
        SpoolKeys before = SpoolKeys.read(directory);
        this.keys = new KeyWindow(settings.window(), SeenKeys.of(before.hashes()));
        this.committed = SpoolMarks.committed(directory);
        this.log = SpoolLog.open(directory, committed, end, frame -> found(frame, before.upTo()));
    }

    /**
     * Opens a spool, which is made where it is absent.
     *
     * @throws Refused where another writer has it
     */
    public static Spool open(Path directory, SpoolSettings settings) {
        return open(directory, settings, InstantSource.system());
    }

    static Spool open(Path directory, SpoolSettings settings, InstantSource clock) {
        try {
            Files.createDirectories(directory, OWNERS);
            return new Spool(directory, settings, clock, Long.MAX_VALUE);
        } catch (IOException e) {
            throw DiskFault.failure(directory, e);
        }
    }

    /** Whether the spool's disk has failed, so that it is of no use until it is {@link #reopen opened again}. */
    public boolean isBroken() {
        return log.isBroken();
    }

    /** Closes it and opens it again, without the records that its disk may not hold: nobody was told that it does. */
    public Spool reopen() {
        long end = log.durable();
        close();
        try {
            return new Spool(directory, settings, clock, end);
        } catch (IOException e) {
            throw DiskFault.failure(directory, e);
        }
    }

    /** A record that was there when the spool was opened. */
    private void found(SpoolFrame frame, long keysKnownUpTo) {
        ages.add(frame.offset(), frame.record().arrived());
        if (frame.offset() >= keysKnownUpTo && frame.record().key() != null) {
            keys.add(KeyWindow.hash(frame.record().key()));
        }
    }

    /**
     * Takes in records, all or none. They are on disk when it returns.
     *
     * @throws Refused where one is longer than may be
     *     or, as {@code TRY_AGAIN}, where the disk does not take them: they are not there then
     * @throws UncheckedIOException where it fails otherwise
     */
    public Appended append(List<SpoolRecord> records) {
        records.forEach(this::requireShort);
        Appended outcome;
        synchronized (this) {
            reclaim();
            List<SpoolRecord> fresh = fresh(records);
            long bytes =
                    fresh.stream().mapToLong(record -> record.json().length).sum();
            if (isFull(bytes)) {
                return new Appended.Full(settings.retryAfter());
            }
            if (!fresh.isEmpty()) {
                write(fresh);
            }
            outcome = new Appended.Accepted(fresh.size(), records.size() - fresh.size());
        }
        // The force comes also where no record was new: the earlier records that these repeat may be on their way to
        // the disk.
        log.force();
        return outcome;
    }

    private void requireShort(SpoolRecord record) {
        if (record.json().length > settings.longestRecord()) {
            throw Refused.invalid(
                    directory,
                    "record",
                    record.json().length + " bytes",
                    "must be at most " + settings.longestRecord());
        }
    }

    /** Those whose keys are new, within what is appended too. */
    private List<SpoolRecord> fresh(List<SpoolRecord> records) {
        Set<Long> met = new HashSet<>();
        List<SpoolRecord> fresh = new ArrayList<>();
        for (SpoolRecord record : records) {
            boolean isKnown = settings.window() > 0 && record.key() != null && isKnown(record.key(), met);
            if (!isKnown) {
                fresh.add(record);
            }
        }
        return fresh;
    }

    private boolean isKnown(String key, Set<Long> met) {
        long hash = KeyWindow.hash(key);
        return keys.contains(hash) || !met.add(hash);
    }

    /** Keys are remembered once their records are written: what failed may be sent again. */
    private void write(List<SpoolRecord> records) {
        if (log.segmentBytes() >= settings.segmentBytes()) {
            new SpoolKeys(log.next(), keys.keys().hashes()).write(directory);
            log.roll();
        }
        ages.add(log.next(), records.getFirst().arrived());
        log.append(records);
        for (SpoolRecord record : records) {
            if (record.key() != null) {
                keys.add(KeyWindow.hash(record.key()));
            }
        }
    }

    private boolean isFull(long more) {
        boolean tooOld = committed < log.next() && ages.isBefore(clock.instant().minus(settings.maxAge()));
        return tooOld || log.bytes() + more > settings.maxBytes();
    }

    private void reclaim() {
        committed = Math.max(committed, SpoolMarks.committed(directory));
        ages.forget(committed);
        log.forget(committed);
    }

    /** The state of the spool. */
    public synchronized SpoolStatus status() {
        return new SpoolStatus(committed, log.next(), log.bytes());
    }

    /** Closes the spool; idempotent. */
    @Override
    public synchronized void close() {
        log.close();
    }
}
