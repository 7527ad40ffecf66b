package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that send slowly, or not at all, hold connections for a bounded time, and others are served after it. */
@Timeout(60)
class SlowClientsTest {
    private static final int CONNECTIONS = 8;

    @TempDir
    Path directory;

    private RunningServer server;

    @BeforeEach
    void start() {
        server = RunningServer.open(
                directory,
                Map.of(
                        "espalier.http.limits.connections", CONNECTIONS,
                        "espalier.http.limits.request-wait", "500 ms",
                        "espalier.http.limits.body-wait", "500 ms"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** Sends a byte of a header now and then until the server has enough of it. */
    private static void dribble(Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        socket.setSoTimeout(20);
        out.write("GET /v1/jobs HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
        try {
            while (true) {
                out.write('x');
                try {
                    if (socket.getInputStream().read() < 0) {
                        return;
                    }
                } catch (SocketTimeoutException stillOpen) {
                    // Goes on with the next byte.
                }
            }
        } catch (SocketException closed) {
            // The server is right to close the connection.
        }
    }

    @Test
    void oneWhoDribblesItsHeadIsCutOff() throws IOException {
        long began = System.nanoTime();
        try (Socket socket = RawRequest.connect(server.address())) {
            dribble(socket);
        }
        assertThat((System.nanoTime() - began) / 1e9).isBetween(0.4, 10.0);
    }

    @Test
    void silentConnectionsDoNotKeepOthersOut() throws IOException {
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 3 * CONNECTIONS; i++) {
                silent.add(RawRequest.connect(server.address()));
            }
            assertThat(server.request("GET", "/v1/jobs").send().status()).isEqualTo(200);
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    @Test
    void anAnsweredConnectionThatAsksNoMoreIsClosed() throws IOException {
        try (Socket socket = RawRequest.connect(server.address())) {
            RawRequest request = server.request("GET", "/v1/jobs").without("Connection");
            for (int i = 0; i < 3; i++) {
                socket.getOutputStream().write(request.bytes());
                assertThat(RawAnswer.read(socket.getInputStream(), true).status())
                        .isEqualTo(200);
            }
            assertThat(socket.getInputStream().read()).as("the end").isNegative();
        }
    }

    @Test
    void aBodyThatDoesNotComeIsNotWaitedFor() throws IOException {
        RawRequest unfinished = server.request("POST", "/v1/jobs")
                .header("Content-Type", "application/json")
                .header("Content-Length", "100");
        try (Socket socket = RawRequest.connect(server.address())) {
            socket.getOutputStream().write(unfinished.bytes());
            RawAnswer answer = RawAnswer.read(socket.getInputStream(), true);
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.code()).isEqualTo("body_too_slow");
        }
        assertThat(server.control.begun).isEmpty();
    }

    @Test
    void tooManyHeadersAndTooLongOnesAreRefused() throws IOException {
        RawRequest many = server.request("GET", "/v1/jobs");
        for (int i = 0; i < 100; i++) {
            many.header("X-" + i, "x");
        }
        assertThat(many.send().status()).isIn(400, 431);
        assertThat(server.request("GET", "/v1/jobs")
                        .header("X", "x".repeat(9000))
                        .send()
                        .status())
                .isIn(400, 431);
        RawAnswer target =
                server.request("GET", "/v1/jobs?x=" + "x".repeat(3000)).send();
        assertThat(target.status()).isEqualTo(414);
        assertThat(target.code()).isEqualTo("malformed_request");
        assertThat(target.headers()).containsKey("content-security-policy");
    }
}
