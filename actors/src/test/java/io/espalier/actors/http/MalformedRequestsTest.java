package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand requests that are no HTTP, or nearly none, are each answered or hung up on: none is a defect of ours, and
 * the server serves on. The seed is in the failure's text; {@code -Despalier.seed=} repeats it.
 */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class MalformedRequestsTest {
    private static final int REQUESTS = 10_000;
    private static final int CLIENTS = 4;
    private static final long SEED = Long.getLong("espalier.seed", 20_261_124L);
    private static final List<String> LINES = List.of(
            "Content-Length: -1",
            "Content-Length: 99999999999999999999",
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: gzip",
            "Host: a\r\nHost: b",
            "Host: a b",
            "Host:",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x",
            "Expect: 200-maybe",
            "Expect: 100-continue",
            "Authorization: Bearer \u0001\u0002",
            "Authorization: \u00ff",
            "Range: bytes=0-0,-1,9-",
            "Cookie: =;=;;;=",
            "Origin: \\",
            "Last-Event-ID: -7",
            "Content-Type: text/\u00e4; charset=nowhere",
            ": no name",
            " folded: line",
            "A: " + "b".repeat(20_000),
            "no colon at all");

    @TempDir
    static Path directory;

    private static byte[] malformed(Random random, RunningServer server) {
        List<Route> routes = server.service.table().routes();
        Route route = routes.get(random.nextInt(routes.size()));
        RawRequest start = server.request(
                        route.verb().name(), route.path().toString().replaceAll("[{}]", ""))
                .header("Last-Event-ID", "0");
        if (random.nextBoolean()) {
            start.body("application/json", "{\"text\": \"hello\"}");
        }
        byte[] bytes = start.bytes();
        return switch (random.nextInt(8)) {
            case 0 -> flipped(random, bytes);
            case 1 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 2 -> withLine(bytes, LINES.get(random.nextInt(LINES.size())));
            case 3 -> noise(random, 1 + random.nextInt(2000));
            case 4 ->
                text("GET /" + "%".repeat(random.nextInt(50)) + noiseText(random) + " HTTP/1.1\r\nHost: x\r\n\r\n");
            case 5 -> text(noiseText(random) + " / HTTP/" + random.nextInt(20) + "." + random.nextInt(20) + "\r\n\r\n");
            case 6 -> chunked(random, server);
            default -> text("GET /v1/" + "a/".repeat(random.nextInt(3000)) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        };
    }

    private static byte[] flipped(Random random, byte[] bytes) {
        byte[] changed = bytes.clone();
        for (int i = 1 + random.nextInt(8); i > 0; i--) {
            changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        }
        return changed;
    }

    private static byte[] withLine(byte[] bytes, String line) {
        String request = new String(bytes, StandardCharsets.ISO_8859_1);
        return text(request.replaceFirst("\r\n", "\r\n" + line.replace("\\", "\\\\") + "\r\n"));
    }

    private static byte[] chunked(Random random, RunningServer server) {
        RawRequest request = server.request("POST", "/v1/ingest/feed")
                .header("Content-Type", "application/x-ndjson")
                .header("Transfer-Encoding", "chunked");
        List<String> sizes = List.of("-5", "ffffffffffffffff", "zz", "5;" + "x".repeat(400), "", "7fffffff", "3");
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(request.bytes());
        all.writeBytes(text(sizes.get(random.nextInt(sizes.size())) + "\r\n{\"a\r\n0\r\n\r\n"));
        return all.toByteArray();
    }

    private static byte[] noise(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static String noiseText(Random random) {
        return new String(noise(random, random.nextInt(40)), StandardCharsets.ISO_8859_1);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The status that came back; 0 where the connection was ended instead. */
    private static int send(RunningServer server, byte[] bytes) throws IOException {
        try (Socket socket = RawRequest.connect(server.address())) {
            // A request that was begun and is not waited for must leave nothing behind.
            socket.setSoLinger(true, 0);
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();
            InputStream in = socket.getInputStream();
            byte[] start = in.readNBytes("HTTP/1.1 200".length());
            String line = new String(start, StandardCharsets.ISO_8859_1);
            return line.startsWith("HTTP/1.1 ") ? Integer.parseInt(line.substring(9)) : 0;
        } catch (SocketException reset) {
            return 0;
        }
    }

    private static Callable<List<String>> client(RunningServer server, long seed) {
        return () -> {
            Random random = new Random(seed);
            List<String> defects = new ArrayList<>();
            for (int i = 0; i < REQUESTS / CLIENTS; i++) {
                byte[] request = malformed(random, server);
                int status = send(server, request);
                if (status == 500 || status == 503) {
                    defects.add(status + " for [" + new String(request, StandardCharsets.ISO_8859_1) + "]");
                }
            }
            return defects;
        };
    }

    @Test
    void tenThousandMalformedRequestsLeaveTheServerServing() throws Exception {
        try (RunningServer server = RunningServer.open(directory, Map.of());
                ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<List<String>>> results = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                results.add(clients.submit(client(server, SEED + client)));
            }
            for (Future<List<String>> result : results) {
                assertThat(result.get()).as("answers of a defect, seed " + SEED).isEmpty();
            }
            assertThat(server.request("GET", "/v1/overview").send().status()).isEqualTo(200);
            assertThat(server.request("POST", "/v1/ingest/feed")
                            .body("application/json", "{\"text\": \"still here\"}")
                            .send()
                            .status())
                    .isEqualTo(200);
        }
    }
}
