package io.espalier.actors.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.espalier.actors.cli.CommandLineRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The exit code of a command is a promise to scripts: each answer of a daemon, and none, has its code. */
@Timeout(60)
class ExitCodesTest {
    @TempDir
    Path directory;

    private HttpServer server;
    private final List<String> asked = new ArrayList<>();
    private int status = 200;
    private String answer = "{}";

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            exchange.getRequestBody().readAllBytes();
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private CommandLineRun run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--server", "http://127.0.0.1:" + server.getAddress().getPort()));
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    @TestFactory
    Stream<DynamicTest> everyRefusalHasItsCode() {
        Map<Integer, Integer> codes =
                Map.of(400, 5, 401, 77, 403, 77, 404, 3, 409, 4, 422, 78, 429, 75, 503, 75, 500, 1);
        return codes.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest("status " + entry.getKey(), () -> {
                    status = entry.getKey();
                    answer = "{\"detail\":\"because\",\"code\":\"of_no_reason\"}";
                    CommandLineRun run = run("job", "pause", "j");
                    assertThat(run.exitCode()).as(run.err()).isEqualTo(entry.getValue());
                    assertThat(run.out()).isEmpty();
                    assertThat(run.err()).contains("because");
                }));
    }

    @TestFactory
    Stream<DynamicTest> everyOperationThatFailsHasItsCode() {
        Map<String, Integer> codes =
                Map.of("wrong_state", 4, "not_found", 3, "no_outcome", 75, "validation", 5, "failed", 1);
        return codes.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    status = 202;
                    answer = "{\"operationId\":\"o\",\"state\":\"FAILED\",\"code\":\"" + entry.getKey()
                            + "\",\"detail\":\"because\"}";
                    assertThat(run("job", "checkpoint", "j").exitCode()).isEqualTo(entry.getValue());
                }));
    }

    @Test
    void whatIsNotDoneInTimeIsToBeTriedAgainAndWhatIsNotWaitedForIsDone() {
        status = 202;
        answer = "{\"operationId\":\"o\",\"state\":\"IN_PROGRESS\"}";
        assertThat(run("job", "stop", "j", "--timeout", "1").exitCode()).isEqualTo(75);
        assertThat(asked).contains("PUT /v1/jobs/j/stop?mode=drain", "GET /v1/operations/o");
        assertThat(run("job", "stop", "j", "--now", "--timeout", "0").exitCode())
                .isZero();
        assertThat(asked).endsWith("PUT /v1/jobs/j/stop?mode=now");
    }

    @Test
    void noDaemonIsSixtyNine() {
        server.stop(0);
        assertThat(run("job", "list").exitCode()).isEqualTo(69);
        assertThat(CommandLineRun.of("rank", "list", "--state", directory.toString())
                        .exitCode())
                .isEqualTo(69);
    }

    @Test
    void wrongUseIsTwoAndAnAbsentFileIsThree() {
        assertThat(run("job").exitCode()).isEqualTo(2);
        assertThat(run("job", "tune", "j").exitCode()).isEqualTo(2);
        assertThat(run("job", "rollback", "j").exitCode()).isEqualTo(2);
        assertThat(CommandLineRun.of("job", "list", "--server", "ftp://nowhere").exitCode())
                .isEqualTo(2);
        assertThat(run("job", "submit", directory.resolve("absent.conf").toString())
                        .exitCode())
                .isEqualTo(3);
        assertThat(run(
                                "job",
                                "list",
                                "--token-file",
                                directory.resolve("absent").toString())
                        .exitCode())
                .isEqualTo(3);
        assertThat(asked).isEmpty();
    }
}
