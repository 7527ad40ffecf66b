package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** All good lines of a request are stored before it is acknowledged, or none is; what is no record is named. */
@Timeout(60)
class IngestTest {
    private static final String NDJSON = "application/x-ndjson";

    @TempDir
    Path directory;

    private RunningServer server;

    @BeforeEach
    void start() {
        server = RunningServer.open(
                directory,
                Map.of(
                        "espalier.http.ingest.body",
                        "64 KiB",
                        "espalier.http.ingest.line",
                        "1 KiB",
                        "espalier.http.ingest.records",
                        100,
                        "espalier.http.ingest.reasons",
                        3,
                        "espalier.http.ingest.requests",
                        1,
                        "espalier.http.ingest.body-wait",
                        "1 s"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawRequest lines(String... lines) {
        return server.request("POST", "/v1/ingest/feed").body(NDJSON, String.join("\n", lines));
    }

    @Test
    void recordsOfBothKindsAreStoredOnceByTheirKeys() throws IOException {
        RawRequest request = lines(
                "{\"text\":\"plain\",\"key\":\"k1\"}",
                "",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"key\":\"k2\"}\r",
                "{\"text\":\"without a key\"}",
                "{\"text\":\"plain\",\"key\":\"k1\"}",
                "");
        RawAnswer answer = request.send();
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(answer.json().path("accepted").asInt()).isEqualTo(3);
        assertThat(answer.json().path("duplicates").asInt()).isEqualTo(1);
        assertThat(answer.json().path("rejected").asInt()).isZero();
        assertThat(server.ingest.stored())
                .containsExactly(
                        new Ingest.Item(Optional.of("k1"), Json.object().put("text", "plain")),
                        new Ingest.Item(
                                Optional.of("k2"),
                                Json.parse("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
                                        .getBytes(StandardCharsets.UTF_8))),
                        new Ingest.Item(Optional.empty(), Json.object().put("text", "without a key")));
        assertThat(request.send().json().path("duplicates").asInt()).isEqualTo(3);
    }

    @Test
    void theHeaderIsTheKeyOfAnOnlyRecord() throws IOException {
        for (int i = 0; i < 2; i++) {
            server.request("POST", "/v1/ingest/feed")
                    .header("Idempotency-Key", "from the header")
                    .body("application/json", "{\"text\":\"one\"}")
                    .send();
        }
        assertThat(server.ingest.stored())
                .containsExactly(new Ingest.Item(
                        Optional.of("from the header"), Json.object().put("text", "one")));
        RawAnswer two = lines("{\"text\":\"a\"}", "{\"text\":\"b\"}")
                .header("Idempotency-Key", "k")
                .send();
        assertThat(two.status()).isEqualTo(400);
        assertThat(server.ingest.stored()).hasSize(1);
    }

    @Test
    void linesThatAreNoRecordsAreNamedAndTheOthersStored() throws IOException {
        RawAnswer answer = lines(
                        "{\"text\":\"good\"}",
                        "nonsense",
                        "{\"text\":\"\"}",
                        "{\"text\":\"" + "x".repeat(2000) + "\"}",
                        "{\"text\":\"a\",\"messages\":[]}",
                        "{\"text\":\"a\",\"label\":1}",
                        "{\"messages\":[{\"role\":\"user\"}]}",
                        "{\"text\":\"a\",\"key\":7}",
                        "[]",
                        "{\"text\":\"good too\"}")
                .send();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("accepted").asInt()).isEqualTo(2);
        assertThat(answer.json().path("rejected").asInt()).isEqualTo(8);
        assertThat(answer.json().path("truncated").asBoolean()).isTrue();
        assertThat(answer.json().path("reasons").findValuesAsText("line")).containsExactly("2", "3", "4");
        assertThat(answer.json().path("reasons").get(2).path("reason").asText()).contains("longer than 1024 bytes");
    }

    @Test
    void malformedTextIsNoRecord() throws IOException {
        byte[] bytes = "{\"text\":\"a?b\"}".getBytes(StandardCharsets.UTF_8);
        bytes[10] = (byte) 0xff;
        RawAnswer answer =
                server.request("POST", "/v1/ingest/feed").body(NDJSON, bytes).send();
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("no_records");
        assertThat(answer.json().path("rejected").asInt()).isEqualTo(1);
    }

    @Test
    void whileTheStudentIsBehindNothingIsTakenAndTheClientToldWhenToComeBack() throws IOException {
        server.ingest.room(1);
        RawAnswer answer = lines("{\"text\":\"a\"}", "{\"text\":\"b\"}").send();
        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.code()).isEqualTo("behind");
        assertThat(answer.headers()).containsEntry("retry-after", "3");
        assertThat(server.ingest.stored()).isEmpty();
        server.ingest.room(10);
        assertThat(lines("{\"text\":\"a\"}").send().status()).isEqualTo(200);
    }

    @Test
    void aSourceThatNoJobHasIsNotFound() throws IOException {
        RawAnswer answer = server.request("POST", "/v1/ingest/other")
                .body(NDJSON, "{\"text\":\"a\"}")
                .send();
        assertThat(answer.status()).isEqualTo(404);
    }

    @Test
    void moreRecordsThanARequestMayHaveAreRefusedTogether() throws IOException {
        RawAnswer answer = lines("{\"text\":\"a\"}\n".repeat(101).split("\n")).send();
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.code()).isEqualTo("too_many_records");
        assertThat(server.ingest.stored()).isEmpty();
    }

    @Test
    void aChunkedBodyIsBoundedAsAnyOther() throws IOException {
        String line = "{\"text\":\"" + "y".repeat(900) + "\"}\n";
        String chunk = Integer.toHexString(line.length()) + "\r\n" + line + "\r\n";
        assertThat(chunked(chunk.repeat(3) + "0\r\n\r\n").status()).isEqualTo(200);
        assertThat(server.ingest.stored()).hasSize(3);
        RawAnswer large = chunked(chunk.repeat(80) + "0\r\n\r\n");
        assertThat(large.status()).isEqualTo(413);
        assertThat(large.code()).isEqualTo("body_too_large");
        assertThat(server.ingest.stored()).hasSize(3);
    }

    private RawAnswer chunked(String chunks) throws IOException {
        RawRequest head = server.request("POST", "/v1/ingest/feed")
                .header("Content-Type", NDJSON)
                .header("Transfer-Encoding", "chunked");
        try (Socket socket = RawRequest.connect(server.address())) {
            socket.getOutputStream().write(head.bytes());
            socket.getOutputStream().write(chunks.getBytes(StandardCharsets.UTF_8));
            return RawAnswer.read(socket.getInputStream(), true);
        }
    }

    @Test
    void oneWhoNeverEndsItsBodyHoldsItsPlaceForAWhileAlone() throws IOException {
        RawRequest unfinished = server.request("POST", "/v1/ingest/feed")
                .header("Content-Type", NDJSON)
                .header("Content-Length", "1000")
                .header("Expect", "100-continue");
        try (Socket slow = RawRequest.connect(server.address())) {
            slow.getOutputStream().write(unfinished.bytes());
            // Said once it has its place.
            assertThat(RawAnswer.read(slow.getInputStream(), false).status()).isEqualTo(100);
            slow.getOutputStream().write("{\"text\":\"begun\"}\n".getBytes(StandardCharsets.UTF_8));
            RawAnswer meanwhile = lines("{\"text\":\"meanwhile\"}").send();
            assertThat(meanwhile.status()).isEqualTo(429);
            assertThat(meanwhile.headers()).containsKey("retry-after");
            RawAnswer late = RawAnswer.read(slow.getInputStream(), true);
            assertThat(late.status()).isEqualTo(408);
        }
        assertThat(lines("{\"text\":\"afterwards\"}").send().status()).isEqualTo(200);
        assertThat(server.ingest.stored())
                .noneMatch(item -> item.value().path("text").asText().equals("begun"));
    }
}
