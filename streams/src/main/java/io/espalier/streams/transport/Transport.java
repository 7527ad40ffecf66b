package io.espalier.streams.transport;

import io.aeron.Aeron;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CncFileDescriptor;
import io.aeron.CommonContext;
import io.aeron.exceptions.AeronException;
import io.aeron.exceptions.DriverTimeoutException;
import io.aeron.exceptions.RegistrationException;
import io.aeron.exceptions.StorageSpaceException;
import io.espalier.gpu.Refused;
import io.espalier.streams.transport.TransportSettings.ChannelKind;
import io.espalier.streams.transport.TransportSettings.DriverKind;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends and receives the tensors of one process. A transport is a media driver, its own or another process's, with a
 * client of it and one thread for all links. {@link ActivationSink} and {@link ActivationSource} are its links. Closing
 * it ends them all, gives back the memory and removes an own driver's files.
 */
public final class Transport implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Transport.class);
    private static final int PORT_TRIES = 16;
    private static final long KEEP_ALIVES_PER_LIVENESS = 6;

    private final TransportSettings settings;
    private final Path directory;
    /** Null where the driver is another process's. */
    private final EmbeddedDriver driver;

    private final Aeron aeron;
    private final TransportThread thread;
    private final Counts counts;
    private final FrameMemory memory;
    private final Cut cut;
    private final SecureRandom random = new SecureRandom();
    private final Set<Integer> streams = new HashSet<>();
    private final int port;
    private boolean closed;

    /**
     * Starts it.
     *
     * @param onLost told by the transport's thread if that ends by itself: the media driver is lost, has no room for its files,
     *     thinks this process dead, or a page of its memory was not to be had; all links have then failed, and only a new
     *     transport helps
     * @throws Refused where there is no driver in the directory of an external one, where there is no room for the files of an
     *     embedded one, or where a UDP port is taken
     */
    public static Transport open(TransportSettings settings, Consumer<Throwable> onLost) {
        return open(settings, new Counts(), onLost);
    }

    /** Opens a transport that goes on with the counts of an earlier one. */
    static Transport open(TransportSettings settings, Counts counts, Consumer<Throwable> onLost) {
        Cut cut = new Cut(settings.loss());
        AtomicReference<Transport> opened = new AtomicReference<>();
        AtomicReference<Throwable> early = new AtomicReference<>();
        Consumer<Throwable> onDied = cause -> {
            early.compareAndSet(null, cause);
            Optional.ofNullable(opened.get()).ifPresent(transport -> transport.lose(cause));
        };
        EmbeddedDriver driver = settings.driver().kind() == DriverKind.EMBEDDED
                ? EmbeddedDriver.launch(settings, cut, error -> onDriverError(error, counts, onDied), onDied)
                : null;
        try {
            Transport transport = new Transport(settings, driver, cut, counts, onLost);
            opened.set(transport);
            Optional.ofNullable(early.get()).ifPresent(transport::lose);
            transport.thread.start(Rest.ofLinks(settings.longestIdle()));
            return transport;
        } catch (RuntimeException | Error e) {
            if (driver != null) {
                driver.close();
            }
            throw e;
        }
    }

    /** A driver without room for a link's files goes on, but not the link: another driver may find room elsewhere. */
    private static void onDriverError(Throwable error, Counts counts, Consumer<Throwable> onDied) {
        counts.errors.increment();
        LOG.warn("media driver: {}", error.toString());
        if (error instanceof StorageSpaceException) {
            onDied.accept(error);
        }
    }

    private Transport(
            TransportSettings settings, EmbeddedDriver driver, Cut cut, Counts counts, Consumer<Throwable> onLost) {
        this.settings = settings;
        this.directory = driver == null ? settings.driver().directory().orElseThrow() : driver.directory();
        this.driver = driver;
        this.cut = cut;
        this.counts = counts;
        this.memory = new FrameMemory(settings.idleMemory());
        this.aeron = connect();
        this.thread = new TransportThread(aeron, cut, settings.openingLinks(), onLost);
        try {
            this.port = settings.channel().kind() == ChannelKind.UDP ? bind() : 0;
        } catch (RuntimeException e) {
            aeron.close();
            throw e;
        }
    }

    /** Ends it, as what it needs is no longer there: its owner hears of that, and its links fail. */
    void lose(Throwable cause) {
        thread.lose(cause);
    }

    private Aeron connect() {
        if (!DriverDirectory.isOurs(directory)) {
            throw new Refused(
                    Refused.Reason.TRY_AGAIN,
                    "transport: no media driver of this user in " + directory
                            + ", which must be a directory of this user that is closed to others (0700)");
        }
        TransportSettings.Driver of = settings.driver();
        Aeron.Context context = new Aeron.Context()
                .aeronDirectoryName(directory.toString())
                .epochClock(EmbeddedDriver.CLOCK)
                .useConductorAgentInvoker(true)
                .keepAliveIntervalNs(of.clientLiveness().toNanos() / KEEP_ALIVES_PER_LIVENESS)
                .driverTimeoutMs(of.driverTimeout().toMillis())
                .errorHandler(this::onError);
        try {
            return Aeron.connect(context);
        } catch (DriverTimeoutException e) {
            throw new Refused(
                    Refused.Reason.TRY_AGAIN,
                    "transport: no media driver answers in " + directory + ": " + e.getMessage(),
                    e);
        }
    }

    /** Aeron says what has ended a client, or gone wrong with one link, which then fails by itself. */
    private void onError(Throwable error) {
        counts.errors.increment();
        if (thread != null) {
            thread.erred(error);
        }
        LOG.warn("transport: {}", error.toString());
    }

    /** Takes the process's port, and keeps it by a subscription that nobody sends to. */
    private int bind() {
        String host = settings.channel().host();
        for (int i = 0; ; i++) {
            int candidate = settings.channel().port() == 0
                    ? freePort(host)
                    : settings.channel().port();
            try {
                Endpoint anchor = new Endpoint(udp(host, candidate), newStream());
                aeron.addSubscription(anchor.inbound(settings.channel()), anchor.streamId());
                return candidate;
            } catch (RegistrationException e) {
                if (settings.channel().port() != 0 || i == PORT_TRIES) {
                    throw new Refused(
                            Refused.Reason.BAD_CONFIGURATION,
                            "transport: cannot receive at " + host + ":" + candidate + ": " + e.getMessage(),
                            e);
                }
            }
        }
    }

    private static int freePort(String host) {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(InetAddress.getByName(host), 0))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, "transport: host " + host + ": " + e.getMessage(), e);
        }
    }

    private static String udp(String host, int port) {
        String literal = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return new ChannelUriStringBuilder()
                .media(CommonContext.UDP_MEDIA)
                .endpoint(literal + ":" + port)
                .build();
    }

    /** The directory of the driver's files, which a child process is told to use. */
    public Path directory() {
        return directory;
    }

    /** Whether another process would find the driver: somebody may have removed its directory. */
    boolean isReachable() {
        return DriverDirectory.isOurs(directory) && Files.exists(directory.resolve(CncFileDescriptor.CNC_FILE));
    }

    /** The settings it was opened with. */
    public TransportSettings settings() {
        return settings;
    }

    /** A place of this process to receive one link at. */
    public Endpoint newEndpoint() {
        return switch (settings.channel().kind()) {
            case IPC -> new Endpoint(CommonContext.IPC_CHANNEL, newStream());
            case UDP -> new Endpoint(udp(settings.channel().host(), port), newStream());
        };
    }

    /** Drawn at random: processes that share a driver do not know each other's numbers. */
    private synchronized int newStream() {
        int stream;
        do {
            stream = random.nextInt(1, Integer.MAX_VALUE);
        } while (!streams.add(stream));
        return stream;
    }

    /** The counts so far. Costs next to nothing, from any thread, and may be asked after closing. */
    public TransportCounters counters() {
        FrameMemory.Use use = memory.use();
        return new TransportCounters(
                counts.framesIn.sum(),
                counts.bytesIn.sum(),
                counts.framesOut.sum(),
                counts.bytesOut.sum(),
                counts.begunAgain.sum(),
                counts.gaveUp.sum(),
                counts.backPressured.sum(),
                counts.notConnected.sum(),
                counts.errors.sum(),
                counts.dropped(),
                new TransportCounters.Memory(use.inUse(), use.highWater(), use.idle()),
                thread.driver());
    }

    /** A sender to an endpoint, which works once started. */
    Outbound outbound(
            Endpoint endpoint,
            Optional<FrameKey> key,
            Runnable room,
            Consumer<Delivery> delivered,
            Consumer<Throwable> failed) {
        return new Outbound(
                aeron,
                aeron.asyncAddExclusivePublication(
                        endpoint.outbound(settings.channel(), termLength()), endpoint.streamId()),
                settings.giveUpAfter(),
                settings.sendAhead(),
                key.map(secret -> Seal.fresh(secret, random)).orElse(null),
                cut::isCut,
                thread::wake,
                counts,
                room,
                delivered,
                failed);
    }

    /** A sender's log is smaller where there is little room for it: that costs speed, where a full disk would cost the link. */
    private int termLength() {
        try {
            return settings.channel().termLengthIn(Files.getFileStore(directory).getUsableSpace());
        } catch (IOException e) {
            throw new TransportLost("transport: " + directory + " is gone", e);
        }
    }

    Window window() {
        return new Window(settings.windowFrames(), memory, counts, thread::wake);
    }

    /** A receiver at an endpoint, which works once started. */
    Inbound inbound(
            Endpoint endpoint,
            Expected expected,
            Optional<FrameKey> key,
            Window window,
            Runnable arrived,
            Consumer<Throwable> failed) {
        SealRing seals = key.map(SealRing::new).orElse(null);
        Inbound inbound = new Inbound(
                aeron,
                window,
                () -> new Assembler(expected, settings.largestFrame(), window, seals),
                settings.senders(),
                settings.giveUpAfter(),
                cut::isCut,
                arrived,
                failed);
        inbound.open(endpoint.inbound(settings.channel()), endpoint.streamId());
        return inbound;
    }

    void start(Duty duty) {
        thread.start(duty);
    }

    /** The client, for tests that speak to a receiver without a sender of ours. */
    Aeron aeron() {
        return aeron;
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        thread.close();
        try {
            aeron.close();
        } catch (AeronException | InternalError e) {
            // Its driver may have gone first.
            LOG.debug("transport: closing: {}", e.toString());
        }
        if (driver != null) {
            driver.close();
        }
        memory.close();
    }
}
