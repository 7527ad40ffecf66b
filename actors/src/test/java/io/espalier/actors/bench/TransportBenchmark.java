package io.espalier.actors.bench;

import io.espalier.actors.job.EspalierConfig;
import io.espalier.streams.transport.TransportSettings.ChannelKind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorSystem;

/**
 * Frames from a second process to this one: through the transport's stages by IPC and by UDP over loopback, and beside them
 * through plain sockets, with what one thread copies in memory, all in turns on the same machine.
 */
public final class TransportBenchmark {
    /** The lane that others are compared with. */
    public static final String TCP = "TCP";

    private static final int MIB = 1 << 20;
    private static final int COPIED_BYTES = 32 * MIB;
    private static final int COPIES = 32;
    /** Share of the frames that are sent before the clock starts: fresh memory is cleared when it is first touched. */
    private static final int WARMUP_SHARE = 8;

    /** Compiles what is measured: small frames and large ones take different ways. */
    private static final int WARMUP_BYTES = 64 << 10;

    private static final int LARGE_WARMUP_BYTES = MIB;
    /** Small ones for one large one. */
    private static final int LARGE_WARMUP_SHARE = 32;

    private static final int MIN_FRAMES = 8;

    private final Class<?> main;
    private final List<Integer> sizes;
    private final int mebibytes;
    private final int repeats;
    private final int roundTrips;
    private final int warmup;

    /**
     * Chooses what is measured.
     *
     * @param main of this program, started a second time
     * @param sizes of frames, in bytes
     * @param mebibytes that are sent for one figure
     * @param repeats of each figure, of which the median counts
     * @param warmup small frames, a few large ones and a fourth as many round trips, before anything is measured
     */
    public TransportBenchmark(
            Class<?> main, List<Integer> sizes, int mebibytes, int repeats, int roundTrips, int warmup) {
        this.main = main;
        this.sizes = List.copyOf(sizes);
        this.mebibytes = mebibytes;
        this.repeats = repeats;
        this.roundTrips = roundTrips;
        this.warmup = warmup;
    }

    /** The figure of a lane at one size: gigabytes (10⁹) a second one way, and microseconds there and back. */
    public record Figure(
            String lane, int bytes, double gigabytesPerSecond, double roundTripMicros, double roundTripMicros99) {}

    /**
     * Everything.
     *
     * @param copyGigabytesPerSecond that one thread copies from one buffer to another
     */
    public record Result(double copyGigabytesPerSecond, List<Figure> figures) {
        /** The figure of a lane, by its name, at a size. */
        public Figure figure(String lane, int bytes) {
            return figures.stream()
                    .filter(figure -> figure.bytes() == bytes && figure.lane().equals(lane))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /**
     * Runs it.
     *
     * @param progress told what is measured next
     */
    public Result run(Consumer<String> progress) throws IOException {
        ActorSystem system = ActorSystem.create("espalier-bench", EspalierConfig.load());
        try (PeerProcess peer = new PeerProcess(main);
                TransportLane ipc = new AeronLane(ChannelKind.IPC, peer, system);
                TransportLane udp = new AeronLane(ChannelKind.UDP, peer, system);
                TransportLane tcp = SocketLane.tcp(peer);
                TransportLane unix = SocketLane.unix(peer)) {
            List<TransportLane> lanes = List.of(ipc, udp, tcp, unix);
            List<Figure> figures = new ArrayList<>();
            List<Double> copies = new ArrayList<>();
            progress.accept("warming up");
            for (TransportLane lane : lanes) {
                lane.streamSeconds(WARMUP_BYTES, 1, warmup);
                lane.streamSeconds(LARGE_WARMUP_BYTES, 1, 1 + warmup / LARGE_WARMUP_SHARE);
                lane.roundTripNanos(WARMUP_BYTES, 1 + warmup / 4);
            }
            for (int bytes : sizes) {
                progress.accept(bytes / 1024 + " KiB");
                copies.add(copyRate());
                figures.addAll(measure(lanes, bytes));
            }
            return new Result(median(copies), figures);
        } finally {
            system.terminate();
        }
    }

    private List<Figure> measure(List<TransportLane> lanes, int bytes) throws IOException {
        int frames = Math.max(MIN_FRAMES, (int) ((long) mebibytes * MIB / bytes));
        List<List<Double>> rates = new ArrayList<>();
        lanes.forEach(_ -> rates.add(new ArrayList<>()));
        for (int repeat = 0; repeat < repeats; repeat++) {
            for (int i = 0; i < lanes.size(); i++) {
                double seconds = lanes.get(i).streamSeconds(bytes, 1 + frames / WARMUP_SHARE, frames);
                rates.get(i).add((double) frames * bytes / seconds / 1e9);
            }
        }
        List<Figure> figures = new ArrayList<>();
        for (int i = 0; i < lanes.size(); i++) {
            long[] nanos = lanes.get(i).roundTripNanos(bytes, roundTrips);
            Arrays.sort(nanos);
            figures.add(new Figure(
                    lanes.get(i).label(),
                    bytes,
                    median(rates.get(i)),
                    nanos[nanos.length / 2] / 1e3,
                    nanos[nanos.length * 99 / 100] / 1e3));
        }
        return figures;
    }

    private static double copyRate() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocate(COPIED_BYTES);
            MemorySegment to = arena.allocate(COPIED_BYTES);
            to.copyFrom(from);
            long start = System.nanoTime();
            for (int i = 0; i < COPIES; i++) {
                to.copyFrom(from);
            }
            return (double) COPIES * COPIED_BYTES / (System.nanoTime() - start);
        }
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
