package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Many clients, and odd ones, cost the other clients nothing that these would notice. */
@Timeout(120)
class CrowdTest {
    private static final int CONNECTIONS = 24;

    @TempDir
    Path directory;

    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private RunningServer server;

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    @BeforeEach
    void start() throws IOException {
        logged.start();
        root().addAppender(logged);
        server = RunningServer.guarded(
                directory,
                Map.of(
                        "espalier.http.limits.connections",
                        CONNECTIONS,
                        "espalier.http.limits.connections-of-one",
                        CONNECTIONS,
                        "espalier.http.ingest.body",
                        "2 MiB",
                        "espalier.http.events.clients",
                        4,
                        "espalier.http.events.heartbeat",
                        "1 hour"));
    }

    @AfterEach
    void stop() {
        root().detachAppender(logged);
        server.close();
    }

    private List<Socket> crowd(int count, String begun) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Socket socket = RawRequest.connect(server.address());
            socket.getOutputStream().write(begun.getBytes(StandardCharsets.US_ASCII));
            sockets.add(socket);
        }
        return sockets;
    }

    private static void close(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    void aProbeAndAnOperatorAreAnsweredHoweverManyHoldConnections() throws IOException {
        String host = "Host: 127.0.0.1\r\n";
        for (String begun : List.of(
                "",
                "GET /v1/jobs HTTP/1.1\r\n",
                // A body that does not come, of one who may not send it.
                "POST /v1/ingest/feed HTTP/1.1\r\n" + host
                        + "Content-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n",
                "GET /alive HTTP/1.1\r\n" + host + "\r\n")) {
            List<Socket> crowd = crowd(2 * CONNECTIONS, begun);
            for (int i = 0; i < 5; i++) {
                long before = System.nanoTime();
                assertThat(server.request("GET", "/alive").send().status()).isEqualTo(200);
                assertThat(server.request("GET", "/v1/jobs")
                                .token(RunningServer.READ)
                                .send()
                                .status())
                        .isEqualTo(200);
                assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
            }
            close(crowd);
        }
    }

    @Test
    void aChunkedBodyOfAnEarlierHttpIsRefusedAsAnyOther() throws IOException {
        String request =
                "POST /v1/jobs HTTP/1.0\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
        for (int i = 0; i < 20; i++) {
            try (Socket socket = RawRequest.connect(server.address())) {
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                RawAnswer answer = RawAnswer.read(socket.getInputStream(), true);
                assertThat(answer.status()).isEqualTo(400);
                assertThat(answer.code()).isEqualTo("malformed_request");
                assertThat(answer.headers()).containsEntry("x-content-type-options", "nosniff");
            }
        }
        assertThat(logged.list).as("lines of the log that a client has caused").isEmpty();
    }

    @Test
    void thePlaceOfAnEventClientIsFreeWhenItHasLeft() throws Exception {
        for (int round = 0; round < 5; round++) {
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Socket socket = RawRequest.connect(server.address());
                socket.getOutputStream()
                        .write(server.request("GET", "/v1/events")
                                .token(RunningServer.READ)
                                .bytes());
                RawAnswer head = RawAnswer.read(socket.getInputStream(), false);
                assertThat(head.status()).isEqualTo(200);
                assertThat(head.headers()).containsEntry("x-accel-buffering", "no");
                clients.add(socket);
            }
            close(clients);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while (server.service.eventClients() > 0) {
                assertThat(System.nanoTime()).as("places are free").isLessThan(deadline);
                TimeUnit.MILLISECONDS.sleep(10);
            }
        }
    }

    @Test
    void headOfWhatCanBeReadSaysWhatGetWouldWithoutItsBody() throws IOException {
        for (String path : List.of("/alive", "/ready", "/startup", "/", "/v1/jobs")) {
            RawAnswer head =
                    server.request("HEAD", path).token(RunningServer.READ).send();
            assertThat(head.status()).as(path).isEqualTo(200);
            assertThat(head.body()).isEmpty();
        }
        assertThat(server.request("HEAD", "/v1/jobs").send().status()).isEqualTo(401);
        assertThat(server.request("HEAD", "/v1/jobs/j/pause").send().status()).isEqualTo(405);
    }

    private RawRequest ingest(String type, byte[] body) {
        return server.request("POST", "/v1/ingest/feed")
                .token(RunningServer.INGEST)
                .body(type, body);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return packed.toByteArray();
    }

    @Test
    void aBodyMayBePackedByGzipWithinTheSameLimits() throws IOException {
        RawRequest packed = ingest("application/x-ndjson", gzip("{\"text\":\"a\"}\n{\"text\":\"b\"}\n"));
        assertThat(packed.header("Content-Encoding", "gzip")
                        .send()
                        .json()
                        .path("accepted")
                        .asInt())
                .isEqualTo(2);
        RawAnswer other = packed.header("Content-Encoding", "br").send();
        assertThat(other.status()).isEqualTo(415);
        assertThat(other.code()).isEqualTo("unsupported_encoding");
        assertThat(other.headers()).containsEntry("accept-encoding", "gzip");
        RawAnswer bomb = ingest("application/x-ndjson", gzip(" ".repeat(64 << 20)))
                .header("Content-Encoding", "gzip")
                .send();
        assertThat(bomb.status()).isEqualTo(413);
        RawAnswer none = ingest("application/x-ndjson", "no gzip".getBytes(StandardCharsets.UTF_8))
                .header("Content-Encoding", "gzip")
                .send();
        assertThat(none.status()).isEqualTo(400);
        assertThat(none.code()).isEqualTo("malformed_gzip");
        assertThat(server.ingest.stored()).hasSize(2);
    }

    @Test
    void oneRecordMayBeWrittenOverSeveralLines() throws IOException {
        String pretty = "{\n  \"key\": \"k\",\n  \"text\": \"over\\nlines\"\n}\n";
        RawAnswer one = ingest("application/json", pretty.getBytes(StandardCharsets.UTF_8))
                .send();
        assertThat(one.json().path("accepted").asInt()).as(one.toString()).isEqualTo(1);
        RawAnswer several = ingest(
                        "application/json", "{\"text\":\"a\"}\n{\"text\":\"b\"}".getBytes(StandardCharsets.UTF_8))
                .send();
        assertThat(several.json().path("accepted").asInt()).isEqualTo(2);
    }

    @Test
    void halfASurrogatePairIsRefusedByName() throws IOException {
        for (String half : List.of(
                "{\"text\":\"a\\ud800b\"}",
                "{\"text\":\"a\",\"key\":\"\\udc00\"}",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83d\"}]}")) {
            RawAnswer answer = ingest("application/x-ndjson", half.getBytes(StandardCharsets.UTF_8))
                    .send();
            assertThat(answer.status()).as(half).isEqualTo(400);
            assertThat(answer.body()).as(half).contains("must not hold half a surrogate pair");
        }
        RawAnswer whole = ingest(
                        "application/x-ndjson", "{\"text\":\"\\ud83d\\ude00\"}".getBytes(StandardCharsets.UTF_8))
                .send();
        assertThat(whole.status()).isEqualTo(200);
    }

    @Test
    void aBodyInChunksOfOneByteCostsItsLengthAndNoMore() throws IOException {
        int length = 1 << 20;
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        byte[] line = ("{\"text\":\"" + "y".repeat(length - 11) + "\"}").getBytes(StandardCharsets.US_ASCII);
        for (byte next : line) {
            chunks.writeBytes(new byte[] {'1', '\r', '\n', next, '\r', '\n'});
        }
        chunks.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        RawRequest head = server.request("POST", "/v1/ingest/feed")
                .token(RunningServer.INGEST)
                .header("Content-Type", "application/x-ndjson")
                .header("Transfer-Encoding", "chunked");
        try (Socket socket = RawRequest.connect(server.address())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(head.bytes());
            socket.getOutputStream().write(chunks.toByteArray());
            RawAnswer answer = RawAnswer.read(socket.getInputStream(), true);
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        }
    }
}
