package io.espalier.actors.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.espalier.actors.cli.CommandLineRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon was killed, its daemon.json stays, and another user has taken its port: the next command gives nothing away. */
@Timeout(60)
class ServerProofTest {
    private static final String TOKEN = "operate-token-of-the-tests";

    @TempDir
    Path directory;

    private final List<String> heard = new CopyOnWriteArrayList<>();
    private HttpServer impostor;
    private String answer = "{}";

    @BeforeEach
    void takeThePort() throws IOException {
        impostor = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        impostor.createContext("/", exchange -> {
            heard.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().entrySet()
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        impostor.start();
        Path token = Files.writeString(directory.resolve("operate.token"), TOKEN + "\n");
        Files.writeString(
                directory.resolve("daemon.json"),
                "{\"url\":\"http://127.0.0.1:" + impostor.getAddress().getPort() + "\",\"pid\":1,\"tokenFile\":\""
                        + token + "\"}");
    }

    @AfterEach
    void stop() {
        impostor.stop(0);
    }

    @Test
    void whoeverHasThePortOfADeadDaemonGetsNoTokenAndNoOrder() {
        for (String said : List.of("{}", "{\"ticket\":\"1-ab\",\"proofs\":[\"00\",\"\"]}", "{\"jobs\":[]}")) {
            answer = said;
            CommandLineRun run = CommandLineRun.of("job", "stop", "j", "--state", directory.toString());
            assertThat(run.exitCode()).as(run.err()).isEqualTo(69);
            assertThat(run.err()).contains("does not know the token").hasLineCount(1);
        }
        assertThat(heard)
                .hasSize(3)
                .allMatch(request -> request.startsWith("GET /v1/challenge/"))
                .noneMatch(request -> request.contains(TOKEN) || request.contains("uthorization"));
    }

    @Test
    void aTokenThatIsNamedIsNotSentInTheClearEither() {
        String server = "http://127.0.0.1:" + impostor.getAddress().getPort();
        CommandLineRun run = CommandLineRun.of(
                "rank",
                "list",
                "--server",
                server,
                "--token-file",
                directory.resolve("operate.token").toString());
        assertThat(run.exitCode()).as(run.err()).isEqualTo(69);
        assertThat(heard).noneMatch(request -> request.contains(TOKEN));
    }
}
