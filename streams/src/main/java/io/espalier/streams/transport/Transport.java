package io.espalier.streams.transport;

import io.aeron.Aeron;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.aeron.driver.MediaDriver;
import io.aeron.exceptions.AeronException;
import io.aeron.exceptions.DriverTimeoutException;
import io.aeron.exceptions.RegistrationException;
import io.espalier.gpu.Refused;
import io.espalier.streams.transport.TransportSettings.ChannelKind;
import io.espalier.streams.transport.TransportSettings.DriverKind;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How one process sends and receives tensors: a media driver of its own or another process's, a client of it, and one thread
 * for all links. {@link ActivationSink} and {@link ActivationSource} are its links. Closing it ends them all, gives back the
 * memory and removes an own driver's files.
 */
public final class Transport implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Transport.class);
    private static final int PORT_TRIES = 16;
    private static final long KEEP_ALIVES_PER_LIVENESS = 6;

    private final TransportSettings settings;
    private final Path directory;
    private final Optional<MediaDriver> driver;
    private final Aeron aeron;
    private final TransportThread thread;
    private final AgentRunner runner;
    private final Counts counts;
    private final FrameMemory memory;
    private final SlotFolder slots;
    private final Cut cut;
    private final SecureRandom random = new SecureRandom();
    private final Set<Integer> streams = new HashSet<>();
    private final int port;
    private boolean closed;

    /**
     * Starts it.
     *
     * @param onLost told by the transport's thread if the media driver is lost, or thinks this process dead; all links have then
     *     failed, and only a new transport helps
     * @throws Refused where there is no driver in the directory of an external one, or where a UDP port is taken
     */
    public static Transport open(TransportSettings settings, Consumer<Throwable> onLost) {
        Counts counts = new Counts();
        Cut cut = new Cut(settings.loss());
        boolean embedded = settings.driver().kind() == DriverKind.EMBEDDED;
        Path directory = settings.driver().directory().orElseGet(DriverDirectory::next);
        Optional<MediaDriver> driver =
                embedded ? Optional.of(launch(settings, directory, cut, counts)) : Optional.empty();
        try {
            if (settings.driver().directory().isEmpty()) {
                DriverDirectory.close(directory);
            }
            return new Transport(settings, directory, driver, cut, counts, onLost);
        } catch (RuntimeException e) {
            driver.ifPresent(MediaDriver::close);
            throw e;
        }
    }

    private Transport(
            TransportSettings settings,
            Path directory,
            Optional<MediaDriver> driver,
            Cut cut,
            Counts counts,
            Consumer<Throwable> onLost) {
        this.settings = settings;
        this.directory = directory;
        this.driver = driver;
        this.cut = cut;
        this.counts = counts;
        this.memory = new FrameMemory(settings.idleMemory());
        this.aeron = connect();
        this.slots = new SlotFolder(directory);
        this.thread = new TransportThread(aeron, cut, settings.openingLinks(), onLost);
        try {
            this.port = settings.channel().kind() == ChannelKind.UDP ? bind() : 0;
        } catch (RuntimeException e) {
            aeron.close();
            throw e;
        }
        this.runner = new AgentRunner(Rest.ofLinks(settings.longestIdle()), this::onError, null, thread);
        AgentRunner.startOnThread(runner, Transport::daemon);
    }

    private static MediaDriver launch(TransportSettings settings, Path directory, Cut cut, Counts counts) {
        TransportSettings.Driver of = settings.driver();
        MediaDriver.Context context = new MediaDriver.Context()
                .aeronDirectoryName(directory.toString())
                .dirDeleteOnStart(false)
                .dirDeleteOnShutdown(true)
                .threadingMode(of.threading().mode())
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
                .errorHandler(error -> {
                    counts.errors.increment();
                    LOG.warn("media driver: {}", error.toString());
                });
        cut.applyTo(context);
        return MediaDriver.launch(context);
    }

    private Aeron connect() {
        TransportSettings.Driver of = settings.driver();
        Aeron.Context context = new Aeron.Context()
                .aeronDirectoryName(directory.toString())
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
        if (error instanceof AgentTerminationException) {
            // How a thread that has lost its driver ends; why, it has said before.
            return;
        }
        counts.errors.increment();
        if (thread != null) {
            thread.erred(error);
        }
        LOG.warn("transport: {}", error.toString());
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
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

    /** Where the driver's files are: what a child process is told to use. */
    public Path directory() {
        return directory;
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

    /** What has been counted so far. Costs next to nothing, from any thread, and may be asked after closing. */
    public TransportCounters counters() {
        FrameMemory.Use use = memory.use();
        return new TransportCounters(
                counts.framesIn.sum(),
                counts.bytesIn.sum(),
                counts.framesOut.sum(),
                counts.bytesOut.sum(),
                counts.sharedOut.sum(),
                counts.begunAgain.sum(),
                counts.gaveUp.sum(),
                counts.backPressured.sum(),
                counts.notConnected.sum(),
                counts.errors.sum(),
                counts.dropped(),
                new TransportCounters.Memory(use.inUse(), use.highWater(), use.idle(), slots.mapped()),
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
                aeron.asyncAddExclusivePublication(endpoint.outbound(settings.channel()), endpoint.streamId()),
                settings.giveUpAfter(),
                settings.sendAhead(),
                key.map(secret -> Seal.fresh(secret, random)).orElse(null),
                endpoint.isIpc() && key.isEmpty() ? slots() : null,
                cut::isCut,
                thread::wake,
                counts,
                room,
                delivered,
                failed);
    }

    private Slots slots() {
        return new Slots(slots, settings.shared(), settings.windowFrames(), settings.giveUpAfter());
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
        boolean shared = endpoint.isIpc() && key.isEmpty();
        int mostLent = settings.windowFrames() - 1;
        Inbound inbound = new Inbound(
                aeron,
                window,
                () -> new Assembler(
                        expected,
                        settings.largestFrame(),
                        window,
                        seals,
                        shared ? new SenderSlots(slots, mostLent) : null),
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

    /** For tests that speak to a receiver without a sender of ours. */
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
        thread.closing();
        runner.close();
        try {
            aeron.close();
        } catch (AeronException e) {
            // Its driver may have gone first.
            LOG.debug("transport: closing: {}", e.toString());
        }
        driver.ifPresent(MediaDriver::close);
        memory.close();
    }
}
