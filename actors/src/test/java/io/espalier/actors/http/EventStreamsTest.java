package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client of the event stream misses nothing, is told nothing twice, and cannot hold up anybody else. */
@Timeout(60)
class EventStreamsTest {
    @TempDir
    Path directory;

    private RunningServer server;

    private void start(Map<String, Object> values) {
        server = RunningServer.open(directory, values);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** An open stream. */
    private final class Listener implements AutoCloseable {
        private final Socket socket = RawRequest.connect(server.address());
        private final InputStream in = socket.getInputStream();

        private Listener(RawRequest request) throws IOException {
            socket.getOutputStream().write(request.bytes());
            RawAnswer head = RawAnswer.read(in, true);
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.headers()).containsEntry("content-type", "text/event-stream");
        }

        /** The text of the next chunk; empty at the end. */
        private String chunk() throws IOException {
            int length = Integer.parseInt(RawAnswer.line(in), 16);
            String text = new String(in.readNBytes(length), StandardCharsets.UTF_8);
            RawAnswer.line(in);
            return text;
        }

        /** Ids of that many events, which come whole and in their form. */
        private List<Long> ids(int count) throws IOException {
            List<Long> ids = new ArrayList<>();
            while (ids.size() < count) {
                String chunk = chunk();
                assertThat(chunk).endsWith("\n\n");
                if (!chunk.startsWith("id: ")) {
                    continue;
                }
                String[] lines = chunk.split("\n");
                assertThat(lines).hasSize(3);
                assertThat(lines[1]).isEqualTo("event: drift");
                long id = Long.parseLong(lines[0].substring("id: ".length()));
                assertThat(Json.parse(lines[2].substring("data: ".length()).getBytes(StandardCharsets.UTF_8))
                                .path("seq")
                                .asLong())
                        .isEqualTo(id);
                ids.add(id);
            }
            return ids;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private RawRequest stream(String query) {
        return server.request("GET", "/v1/events" + query).without("Connection");
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            assertThat(Thread.currentThread().isInterrupted()).as("out of time").isFalse();
            Thread.onSpinWait();
        }
    }

    @Test
    void whoJoinsHearsOfLaterEventsAlone() throws IOException {
        start(Map.of());
        server.snapshots.tell(1);
        try (Listener listener = new Listener(stream(""))) {
            server.snapshots.tell(2);
            server.snapshots.tell(3);
            assertThat(listener.ids(2)).containsExactly(2L, 3L);
        }
    }

    @Test
    void whoComesBackHearsWhatItMissedOnceAndInOrder() throws IOException {
        start(Map.of("espalier.http.events.page", 2));
        for (long sequence = 1; sequence <= 9; sequence++) {
            server.snapshots.tell(sequence);
        }
        RawRequest request = stream("?after=0").header("Last-Event-ID", "3");
        try (Listener listener = new Listener(request)) {
            server.snapshots.tell(10);
            server.snapshots.tell(11);
            assertThat(listener.ids(8)).containsExactly(4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
        }
        try (Listener listener = new Listener(stream("?after=7"))) {
            assertThat(listener.ids(4)).containsExactly(8L, 9L, 10L, 11L);
        }
    }

    @Test
    void whoComesBackAfterTheNumbersBeganAnewIsNotDeaf() throws IOException {
        start(Map.of());
        try (Listener listener = new Listener(stream("").header("Last-Event-ID", "5000"))) {
            server.snapshots.tell(1);
            assertThat(listener.ids(1)).containsExactly(1L);
        }
    }

    @Test
    void whatIsNoIdIsRefused() throws IOException {
        start(Map.of());
        for (String id : List.of("-1", "x", "9".repeat(30))) {
            assertThat(stream("").header("Last-Event-ID", id).send().status()).isEqualTo(400);
        }
        assertThat(server.snapshots.listeners()).isZero();
    }

    @Test
    void aSilentStreamHasHeartbeats() throws IOException {
        start(Map.of("espalier.http.events.heartbeat", "50 ms"));
        try (Listener listener = new Listener(stream(""))) {
            assertThat(listener.chunk()).startsWith("retry: 2000\n\n: ");
            assertThat(listener.chunk()).isEqualTo(":\n\n");
            assertThat(listener.chunk()).isEqualTo(":\n\n");
        }
    }

    @Test
    void aStreamOutlivesTheTimeForTheNextRequest() throws IOException {
        start(Map.of("espalier.http.limits.request-wait", "100 ms", "espalier.http.events.heartbeat", "50 ms"));
        try (Listener listener = new Listener(stream(""))) {
            for (int i = 0; i < 10; i++) {
                assertThat(listener.chunk()).isNotEmpty();
            }
            server.snapshots.tell(1);
            assertThat(listener.ids(1)).containsExactly(1L);
        }
    }

    @Test
    void aClientThatDoesNotReadIsLetGoAndTheOthersHearOn() throws IOException {
        start(Map.of("espalier.http.events.buffered", 16));
        try (Listener slow = new Listener(stream(""))) {
            await(() -> server.snapshots.listeners() == 1);
            long sequence = 0;
            // The kernel's buffers take some megabytes before the stream feels that nobody reads.
            while (server.snapshots.listeners() == 1) {
                assertThat(Thread.currentThread().isInterrupted())
                        .as("out of time")
                        .isFalse();
                server.snapshots.tell(++sequence);
            }
            try (Listener other = new Listener(stream(""))) {
                server.snapshots.tell(sequence + 1);
                assertThat(other.ids(1)).containsExactly(sequence + 1);
            }
            assertThat(slow.chunk()).startsWith("retry: 2000\n\n: ");
        }
    }

    @Test
    void aPlaceIsFreeAgainWhenItsClientHasGone() throws IOException {
        start(Map.of("espalier.http.events.clients", 2, "espalier.http.events.heartbeat", "20 ms"));
        try (Listener first = new Listener(stream(""));
                Listener second = new Listener(stream(""))) {
            RawAnswer answer = stream("").send();
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.code()).isEqualTo("too_many_clients");
            assertThat(answer.headers()).containsEntry("retry-after", "2");
            assertThat(first.chunk()).isEqualTo(second.chunk());
        }
        await(() -> server.snapshots.listeners() == 0);
        try (Listener third = new Listener(stream(""))) {
            assertThat(third.chunk()).startsWith("retry");
        }
    }

    @Test
    void theEndOfTheServiceEndsTheStreams() throws IOException {
        start(Map.of());
        try (Listener listener = new Listener(stream(""))) {
            assertThat(listener.chunk()).startsWith("retry");
            server.service.close();
            assertThat(listener.chunk()).as("the last chunk").isEmpty();
            assertThat(server.snapshots.listeners()).isZero();
        }
    }
}
