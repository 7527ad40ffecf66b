package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that was given no token has one all the same: to reach loopback is not to be its user. */
@Timeout(60)
class OwnTokenTest {
    @TempDir
    Path directory;

    private String token() throws IOException {
        return Files.readString(directory.resolve("operate.token")).strip();
    }

    private static int pause(RunningServer server, String token) throws IOException {
        return server.request("PUT", "/v1/jobs/j/pause")
                .header(Gatekeeper.CLIENT, "x")
                .token(token)
                .send()
                .status();
    }

    @Test
    void readingAndOperatingTakeTheTokenOfTheStateDirectory() throws IOException {
        try (RunningServer server = RunningServer.usual(directory, Map.of())) {
            for (String path : new String[] {"/v1/overview", "/metrics", "/v1/events", "/v1/config"}) {
                assertThat(server.request("GET", path).send().status()).as(path).isEqualTo(401);
                assertThat(server.request("GET", path).token(token()).send().status())
                        .as(path)
                        .isEqualTo(200);
            }
            assertThat(pause(server, "another-token-of-someone")).isEqualTo(401);
            assertThat(pause(server, token())).isEqualTo(202);
            assertThat(server.request("POST", "/v1/ingest/feed")
                            .body("application/json", "{\"text\":\"a\"}")
                            .send()
                            .status())
                    .isEqualTo(401);
            assertThat(server.request("GET", "/alive").send().status()).isEqualTo(200);
        }
    }

    @Test
    void theTokenIsItsOwnersAloneAndAnotherAtEachStart() throws IOException {
        String first;
        try (RunningServer server = RunningServer.usual(directory, Map.of())) {
            first = token();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("operate.token"))))
                    .isEqualTo("rw-------");
            assertThat(server.request("GET", "/v1/jobs").token(first).send().status())
                    .isEqualTo(200);
        }
        try (RunningServer server = RunningServer.usual(directory, Map.of())) {
            assertThat(token()).isNotEqualTo(first);
            assertThat(server.request("GET", "/v1/jobs").token(first).send().status())
                    .isEqualTo(401);
        }
    }

    @Test
    void aDaemonThatWasGivenATokenMakesNone() throws IOException {
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            assertThat(server.service.ownToken()).isEmpty();
            assertThat(directory.resolve("operate.token")).doesNotExist();
        }
    }
}
