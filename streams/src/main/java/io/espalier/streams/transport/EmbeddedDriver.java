package io.espalier.streams.transport;

import io.aeron.driver.Configuration;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.reports.LossReportUtil;
import io.aeron.exceptions.StorageSpaceException;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import org.agrona.concurrent.EpochClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A media driver of this process, with a directory of its own: in memory where there is room, else on disk. All of a file's
 * memory is taken when the file is made, because a page that is missing later would end the thread that touches it.
 */
final class EmbeddedDriver implements AutoCloseable {
    /** Time that no clock of the wall moves, the same in all processes of a host; in milliseconds. */
    static final EpochClock CLOCK = () -> System.nanoTime() / 1_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedDriver.class);

    private final DriverDirectory directory;
    private final Consumer<Throwable> onDied;
    private MediaDriver driver;
    private volatile boolean closing;

    private EmbeddedDriver(DriverDirectory directory, Consumer<Throwable> onDied) {
        this.directory = directory;
        this.onDied = onDied;
    }

    /**
     * Starts one.
     *
     * @param onError told of what the driver could not do
     * @param onDied told, by its thread, when one of the driver's threads has ended by itself
     * @throws Refused where there is no room for its files
     */
    static EmbeddedDriver launch(
            TransportSettings settings, Cut cut, Consumer<Throwable> onError, Consumer<Throwable> onDied) {
        List<String> reasons = new ArrayList<>();
        for (Path folder : settings.driver().folders()) {
            try {
                EmbeddedDriver driver = launchIn(folder, settings, cut, onError, onDied);
                if (!reasons.isEmpty()) {
                    LOG.warn("transport: its files lie in {}, which may be slower: {}", folder, reasons);
                }
                return driver;
            } catch (IOException | UncheckedIOException | StorageSpaceException | InternalError e) {
                // A page that cannot be had is an InternalError.
                reasons.add(folder + ": " + (e instanceof InternalError ? "is full" : e.getMessage()));
            }
        }
        throw new Refused(
                Refused.Reason.TRY_AGAIN,
                "transport: there is no room for the files of a media driver: " + String.join("; ", reasons));
    }

    private static EmbeddedDriver launchIn(
            Path folder, TransportSettings settings, Cut cut, Consumer<Throwable> onError, Consumer<Throwable> onDied)
            throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < settings.driver().leastRoom()) {
            throw new IOException("has " + free + " bytes free, and least-room is "
                    + settings.driver().leastRoom());
        }
        DriverDirectory directory = DriverDirectory.create(folder);
        EmbeddedDriver made = new EmbeddedDriver(directory, onDied);
        try {
            made.driver = MediaDriver.launch(made.context(settings, cut, onError));
            directory.shut();
            takeMemory(LossReportUtil.file(made.directory().toString()).toPath());
            return made;
        } catch (IOException | RuntimeException | InternalError e) {
            made.close();
            throw e;
        }
    }

    /** The driver makes this one file without its memory; it is all zeros while there is no link. */
    private static void takeMemory(Path file) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocate(Math.toIntExact(Files.size(file)));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            while (zeros.hasRemaining()) {
                channel.write(zeros);
            }
        }
    }

    private MediaDriver.Context context(TransportSettings settings, Cut cut, Consumer<Throwable> onError) {
        TransportSettings.Driver of = settings.driver();
        ThreadFactory threads = this::thread;
        MediaDriver.Context context = new MediaDriver.Context()
                .aeronDirectoryName(directory.driver().toString())
                .dirDeleteOnStart(false)
                .dirDeleteOnShutdown(false)
                .epochClock(CLOCK)
                .termBufferSparseFile(false)
                // There is a rule of our own for little room.
                .lowStorageWarningThreshold(0)
                .counterValuesBufferLength(Configuration.COUNTERS_VALUES_BUFFER_LENGTH_MIN)
                .threadingMode(of.threading().mode())
                .sharedThreadFactory(threads)
                .sharedNetworkThreadFactory(threads)
                .conductorThreadFactory(threads)
                .senderThreadFactory(threads)
                .receiverThreadFactory(threads)
                .sharedIdleStrategy(Rest.ofDriver(settings.longestIdle()))
                .sharedNetworkIdleStrategy(Rest.ofDriver(settings.longestIdle()))
                .conductorIdleStrategy(Rest.ofDriver(settings.longestIdle()))
                .senderIdleStrategy(Rest.ofDriver(settings.longestIdle()))
                .receiverIdleStrategy(Rest.ofDriver(settings.longestIdle()))
                .clientLivenessTimeoutNs(of.clientLiveness().toNanos())
                // Aeron's own share of it, which must be longer: a sender that stands still is not dead yet.
                .publicationUnblockTimeoutNs(of.clientLiveness().toNanos() / 2 * 3)
                .imageLivenessTimeoutNs(of.imageLiveness().toNanos())
                .publicationConnectionTimeoutNs(of.connectionTimeout().toNanos())
                .driverTimeoutMs(of.driverTimeout().toMillis())
                .errorHandler(onError::accept);
        cut.applyTo(context);
        return context;
    }

    /** A thread whose end is heard of, by whatever it ends: an Error too. */
    private Thread thread(Runnable task) {
        Thread thread = new Thread(() -> {
            Throwable cause = null;
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                cause = e;
            }
            if (!closing) {
                onDied.accept(cause == null ? new IllegalStateException("a thread of it has ended") : cause);
            }
        });
        thread.setDaemon(true);
        return thread;
    }

    /** The directory of the driver's files, which a client is told. */
    Path directory() {
        return directory.driver();
    }

    @Override
    public void close() {
        closing = true;
        try (directory) {
            if (driver != null) {
                driver.close();
            }
        } catch (RuntimeException | InternalError e) {
            LOG.debug("transport: closing a media driver: {}", e.toString());
        }
    }
}
