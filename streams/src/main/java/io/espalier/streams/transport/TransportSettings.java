package io.espalier.streams.transport;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.aeron.driver.ThreadingMode;
import io.aeron.logbuffer.FrameDescriptor;
import io.espalier.gpu.Refused;
import io.espalier.gpu.TestMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.agrona.BitUtil;

/**
 * The settings by which one process sends and receives frames.
 *
 * @param windowFrames frames of one link that a receiver holds before its sender must wait
 * @param sendAhead bytes that a sender may have left of its frames when it asks for the next
 * @param largestFrame bytes of payload
 * @param idleMemory bytes of frames that are gone, kept for the next ones
 * @param giveUpAfter longest that handing over a frame may take
 * @param openingLinks links that may be opened at once
 * @param senders that one receiver listens to
 * @param longestIdle longest sleep of the thread that has nothing to do
 */
public record TransportSettings(
        Driver driver,
        Channel channel,
        int windowFrames,
        long sendAhead,
        long largestFrame,
        long idleMemory,
        Duration giveUpAfter,
        int openingLinks,
        int senders,
        Duration longestIdle,
        Loss loss) {
    static final String PATH = "espalier.transport";

    /** A frame lies in one buffer. */
    static final long LARGEST = Integer.MAX_VALUE - 8L;

    private static final int MAX_MTU = 65504;
    private static final int MIN_MTU = 512;
    private static final int SMALLEST_TERM = 1 << 16;
    /** A message may take so much of a term, says Aeron. */
    static final int MESSAGES_PER_TERM = 8;
    /** The log of one sender, which has three terms, takes at most one part in so many of the room that is left. */
    private static final int LOG_SHARE = 4;

    private static final int TERMS = 3;
    /** The most bytes of a term, which Aeron addresses by an int. */
    private static final long MAX_LOG = 1L << 30;

    private static final Duration DRIVER_TIMER = Duration.ofSeconds(1);
    private static final Duration SHORTEST_CONNECTION = Duration.ofMillis(500);

    /** The media driver that a process uses: one of its own, or another process's. */
    public enum DriverKind {
        EMBEDDED,
        EXTERNAL
    }

    /** Threads of an embedded driver. */
    public enum Threading {
        SHARED(ThreadingMode.SHARED),
        SHARED_NETWORK(ThreadingMode.SHARED_NETWORK),
        DEDICATED(ThreadingMode.DEDICATED);

        private final ThreadingMode mode;

        Threading(ThreadingMode mode) {
            this.mode = mode;
        }

        ThreadingMode mode() {
            return mode;
        }
    }

    /** The ways by which frames reach a process. */
    public enum ChannelKind {
        IPC,
        UDP
    }

    /**
     * The media driver.
     *
     * @param directory of an external one's files; empty for an embedded one
     * @param folders in which an embedded one makes its directory: the first that has room
     * @param leastRoom bytes that must be free there
     */
    public record Driver(
            DriverKind kind,
            Optional<Path> directory,
            List<Path> folders,
            long leastRoom,
            Threading threading,
            Duration clientLiveness,
            Duration imageLiveness,
            Duration connectionTimeout,
            Duration driverTimeout) {}

    /**
     * The settings of which endpoints are made, sizes in bytes.
     *
     * @param port of UDP; 0 for a free one
     */
    public record Channel(
            ChannelKind kind,
            String host,
            int port,
            int termLength,
            int ipcMtu,
            int udpMtu,
            int socketBuffer,
            int receiverWindow) {
        /** The length of a term whose log fits into so many free bytes and leaves most of them to others. */
        int termLengthIn(long free) {
            int length = termLength;
            while (length > SMALLEST_TERM && (long) length * TERMS * LOG_SHARE > free) {
                length /= 2;
            }
            return length;
        }
    }

    /**
     * The packets that a test makes an embedded driver lose.
     *
     * @param rate share of UDP packets
     * @param cutWhile nothing goes through while this file is there
     */
    public record Loss(double rate, long seed, Optional<Path> cutWhile) {
        /** All goes through. */
        public static final Loss NONE = new Loss(0, 0, Optional.empty());

        boolean any() {
            return rate > 0 || cutWhile.isPresent();
        }
    }

    /** Reads {@code espalier.transport}; unknown keys are refused. */
    public static TransportSettings of(Config root) {
        Config known = ConfigFactory.parseResources("espalier-transport.conf");
        Config config = root.withFallback(known).resolve().getConfig(PATH);
        Set<String> unknown = new TreeSet<>();
        config.entrySet().forEach(entry -> unknown.add(entry.getKey()));
        known.getConfig(PATH).entrySet().forEach(entry -> unknown.remove(entry.getKey()));
        if (!unknown.isEmpty()) {
            throw bad("unknown keys " + unknown);
        }
        try {
            return read(config);
        } catch (ConfigException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, e.getMessage(), e);
        }
    }

    private static TransportSettings read(Config config) {
        return new TransportSettings(
                new Driver(
                        choice(config, "driver", DriverKind.class),
                        path(config, "directory"),
                        List.of(
                                path(config, "memory").orElseGet(TransportSettings::temporary),
                                path(config, "disk").orElseGet(TransportSettings::temporary)),
                        config.getBytes("least-room"),
                        choice(config, "threading", Threading.class),
                        config.getDuration("client-liveness"),
                        config.getDuration("image-liveness"),
                        config.getDuration("connection-timeout"),
                        config.getDuration("driver-timeout")),
                new Channel(
                        choice(config, "channel", ChannelKind.class),
                        config.getString("host"),
                        config.getInt("port"),
                        bytes(config, "term-length"),
                        bytes(config, "ipc-mtu"),
                        bytes(config, "udp-mtu"),
                        bytes(config, "socket-buffer"),
                        bytes(config, "receiver-window")),
                config.getInt("window-frames"),
                config.getBytes("send-ahead"),
                config.getBytes("largest-frame"),
                config.getBytes("idle-memory"),
                config.getDuration("give-up-after"),
                config.getInt("opening-links"),
                config.getInt("senders"),
                config.getDuration("longest-idle"),
                new Loss(config.getDouble("loss.rate"), config.getLong("loss.seed"), path(config, "loss.cut-while")));
    }

    public TransportSettings {
        require(windowFrames >= 1, "window-frames", windowFrames, "must be at least 1");
        require(sendAhead >= 0, "send-ahead", sendAhead, "must not be negative");
        require(largestFrame >= 1 && largestFrame <= LARGEST, "largest-frame", largestFrame, "must be 1 to " + LARGEST);
        require(idleMemory >= 0, "idle-memory", idleMemory, "must not be negative");
        require(giveUpAfter.isPositive(), "give-up-after", giveUpAfter, "must be positive");
        require(openingLinks >= 1, "opening-links", openingLinks, "must be at least 1");
        require(senders >= 1, "senders", senders, "must be at least 1");
        require(longestIdle.isPositive(), "longest-idle", longestIdle, "must be positive");
        require(loss.rate() >= 0 && loss.rate() <= 1, "loss.rate", loss.rate(), "must be 0 to 1");
        require(
                !loss.any() || TestMode.on(),
                "loss",
                loss,
                "must be none: it is for tests, in processes that -D" + TestMode.PROPERTY + "=true says are tests'");
        checkDriver(driver);
        checkChannel(channel);
    }

    private static Path temporary() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static void checkDriver(Driver driver) {
        boolean external = driver.kind() == DriverKind.EXTERNAL;
        require(
                external == driver.directory().isPresent(),
                "directory",
                driver.directory().map(Path::toString).orElse("empty"),
                external ? "must name that of the external driver" : "must be empty for an embedded driver");
        require(driver.leastRoom() >= 0, "least-room", driver.leastRoom(), "must not be negative");
        // The driver looks at its clients that often.
        require(
                driver.clientLiveness().compareTo(DRIVER_TIMER) > 0,
                "client-liveness",
                driver.clientLiveness(),
                "must be more than " + DRIVER_TIMER);
        require(driver.imageLiveness().isPositive(), "image-liveness", driver.imageLiveness(), "must be positive");
        require(driver.driverTimeout().isPositive(), "driver-timeout", driver.driverTimeout(), "must be positive");
        // Receivers report every 200 ms: a sender that waited less would think a living one dead.
        require(
                driver.connectionTimeout().compareTo(SHORTEST_CONNECTION) >= 0,
                "connection-timeout",
                driver.connectionTimeout(),
                "must be at least " + SHORTEST_CONNECTION);
    }

    private static void checkChannel(Channel channel) {
        require(channel.port() >= 0 && channel.port() <= 0xffff, "port", channel.port(), "must be 0 to 65535");
        require(
                BitUtil.isPowerOfTwo(channel.termLength()) && channel.termLength() >= SMALLEST_TERM,
                "term-length",
                channel.termLength(),
                "must be a power of two from " + SMALLEST_TERM);
        for (int mtu : new int[] {channel.ipcMtu(), channel.udpMtu()}) {
            require(
                    mtu >= MIN_MTU
                            && mtu <= MAX_MTU
                            && mtu % FrameDescriptor.FRAME_ALIGNMENT == 0
                            && mtu <= channel.termLength() / MESSAGES_PER_TERM,
                    "mtu",
                    mtu,
                    "must be a multiple of 32 from " + MIN_MTU + " to " + MAX_MTU + " and an eighth of term-length");
        }
        require(
                channel.udpMtu() <= channel.socketBuffer(),
                "socket-buffer",
                channel.socketBuffer(),
                "must hold a message of udp-mtu");
        require(
                channel.receiverWindow() >= channel.udpMtu() && channel.receiverWindow() <= channel.socketBuffer(),
                "receiver-window",
                channel.receiverWindow(),
                "must be from udp-mtu to socket-buffer");
    }

    /** These settings for a process that uses the driver of this directory. */
    public TransportSettings withDriverAt(Path directory) {
        return new TransportSettings(
                new Driver(
                        DriverKind.EXTERNAL,
                        Optional.of(directory),
                        driver.folders(),
                        driver.leastRoom(),
                        driver.threading(),
                        driver.clientLiveness(),
                        driver.imageLiveness(),
                        driver.connectionTimeout(),
                        driver.driverTimeout()),
                channel,
                windowFrames,
                sendAhead,
                largestFrame,
                idleMemory,
                giveUpAfter,
                openingLinks,
                senders,
                longestIdle,
                new Loss(0, 0, loss.cutWhile()));
    }

    private static <E extends Enum<E>> E choice(Config config, String key, Class<E> type) {
        String name = config.getString(key);
        return Arrays.stream(type.getEnumConstants())
                .filter(value -> optionName(value).equals(name))
                .findFirst()
                .orElseThrow(() -> bad(key + " is " + name + ": must be one of "
                        + Arrays.stream(type.getEnumConstants())
                                .map(TransportSettings::optionName)
                                .toList()));
    }

    private static String optionName(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Optional<Path> path(Config config, String key) {
        String path = config.getString(key);
        return path.isEmpty() ? Optional.empty() : Optional.of(Path.of(path));
    }

    private static int bytes(Config config, String key) {
        long bytes = config.getBytes(key);
        require(bytes >= 0 && bytes <= MAX_LOG, key, bytes, "must be 0 to " + MAX_LOG);
        return (int) bytes;
    }

    private static void require(boolean holds, String key, Object value, String rule) {
        if (!holds) {
            throw bad(key + " is " + value + ": " + rule);
        }
    }

    private static Refused bad(String what) {
        return new Refused(Refused.Reason.BAD_CONFIGURATION, PATH + ": " + what);
    }
}
