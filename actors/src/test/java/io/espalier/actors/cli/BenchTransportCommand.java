package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.bench.TransportBenchmark;
import io.espalier.actors.bench.TransportPeer;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "transport",
        description =
                "GB/s (10⁹ bytes) and round trips of frames between two processes of this machine: by IPC and by UDP"
                        + " through the stages and checksums that distil in earnest, beside plain sockets and a copy in"
                        + " memory.",
        footer = {"", "Example:", "  laboratory transport --sizes-kib 1024,8192 --repeats 5"})
final class BenchTransportCommand implements Callable<Integer> {
    private static final int KIB = 1024;
    private static final int MAX_KIB = 1 << 20;

    @Mixin
    private CommonOptions common;

    @Option(
            names = "--sizes-kib",
            defaultValue = "64,256,1024,4096,8192,32768",
            split = ",",
            paramLabel = "N",
            description = "Sizes of frames (default: ${DEFAULT-VALUE}).")
    private List<Integer> sizes;

    @Option(
            names = "--mib",
            defaultValue = "1024",
            paramLabel = "N",
            description = "Sent for one figure (default: ${DEFAULT-VALUE}).")
    private int mebibytes;

    @Option(
            names = "--repeats",
            defaultValue = "3",
            paramLabel = "N",
            description = "Medians over these (default: ${DEFAULT-VALUE}).")
    private int repeats;

    @Option(
            names = "--round-trips",
            defaultValue = "200",
            paramLabel = "N",
            description = "Of each size (default: ${DEFAULT-VALUE}).")
    private int roundTrips;

    @Option(
            names = "--warmup",
            defaultValue = "20000",
            paramLabel = "N",
            description = "Frames that are sent before anything is measured (default: ${DEFAULT-VALUE}).")
    private int warmup;

    @Option(names = "--peer", hidden = true, description = "Be the other process, told what to do on standard input.")
    private boolean peer;

    @Override
    public Integer call() throws IOException {
        if (peer) {
            serve();
            return 0;
        }
        if (mebibytes < 1
                || warmup < 1
                || repeats < 1
                || roundTrips < 1
                || sizes.stream().anyMatch(s -> s < 1 || s > MAX_KIB)) {
            throw new Refused(
                    Refused.Reason.USAGE, "laboratory transport: numbers must be at least 1, sizes at most 1 GiB");
        }
        List<Integer> bytes = sizes.stream().map(size -> size * KIB).toList();
        TransportBenchmark.Result result = new TransportBenchmark(
                        Laboratory.class, bytes, mebibytes, repeats, roundTrips, warmup)
                .run(size -> System.err.println("laboratory transport: " + size));
        common.print(json(result), text(result, bytes));
        return 0;
    }

    private static void serve() throws IOException {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = System.out;
        try (TransportPeer served = new TransportPeer(orders, answers)) {
            served.run();
        }
    }

    private static ObjectNode json(TransportBenchmark.Result result) {
        ObjectNode json = CommonOptions.object();
        json.put("memory_copy_gb_per_s", result.copyGigabytesPerSecond());
        ArrayNode frames = json.putArray("frames");
        for (TransportBenchmark.Figure figure : result.figures()) {
            TransportBenchmark.Figure tcp = result.figure(TransportBenchmark.TCP, figure.bytes());
            frames.addObject()
                    .put("lane", figure.lane())
                    .put("bytes", figure.bytes())
                    .put("gb_per_s", figure.gigabytesPerSecond())
                    .put("of_tcp", figure.gigabytesPerSecond() / tcp.gigabytesPerSecond())
                    .put("of_memory_copy", figure.gigabytesPerSecond() / result.copyGigabytesPerSecond())
                    .put("round_trip_p50_us", figure.roundTripMicros())
                    .put("round_trip_p99_us", figure.roundTripMicros99());
        }
        return json;
    }

    private static String text(TransportBenchmark.Result result, List<Integer> sizes) {
        Table table = new Table("frame KiB", "by", "GB/s", "of TCP", "of memory copy", "round trip µs", "p99 µs");
        for (int bytes : sizes) {
            double tcp = result.figure(TransportBenchmark.TCP, bytes).gigabytesPerSecond();
            for (TransportBenchmark.Figure figure : of(result, bytes).toList()) {
                table.row(
                        Table.count(bytes / KIB),
                        figure.lane(),
                        Table.number(figure.gigabytesPerSecond(), 2),
                        Table.number(figure.gigabytesPerSecond() / tcp, 2),
                        Table.number(figure.gigabytesPerSecond() / result.copyGigabytesPerSecond(), 2),
                        Table.count(Math.round(figure.roundTripMicros())),
                        Table.count(Math.round(figure.roundTripMicros99())));
            }
        }
        return table.toText() + "\nOne thread copies " + Table.number(result.copyGigabytesPerSecond(), 2)
                + " GB/s in memory.";
    }

    private static Stream<TransportBenchmark.Figure> of(TransportBenchmark.Result result, int bytes) {
        return result.figures().stream().filter(figure -> figure.bytes() == bytes);
    }
}
