package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.client.TokenProof;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client and the server prove to each other that they know a token, and it is never sent. */
@Timeout(60)
class ChallengesTest {
    private static final String NONCE = "n".repeat(48);

    @TempDir
    Path directory;

    private static String header(RunningServer server, String token) throws IOException {
        String challenge = NONCE + "."
                + server.request("GET", "/v1/challenge/" + NONCE)
                        .send()
                        .json()
                        .path("ticket")
                        .asText();
        return TokenProof.SCHEME + challenge + "." + TokenProof.of(token).client(challenge);
    }

    private static int jobs(RunningServer server, String shown) throws IOException {
        return server.request("GET", "/v1/jobs")
                .header("Authorization", shown)
                .send()
                .status();
    }

    @Test
    void theServerProvesEachTokenForItsOwnPortAlone() throws IOException {
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            ObjectNode answer =
                    server.request("GET", "/v1/challenge/" + NONCE).send().json();
            String challenge = NONCE + "." + answer.path("ticket").asText();
            int port = server.address().getPort();
            assertThat(answer.path("proofs"))
                    .extracting(proof -> proof.asText())
                    .contains(
                            TokenProof.of(RunningServer.READ).server(challenge, port),
                            TokenProof.of(RunningServer.OPERATE).server(challenge, port))
                    .doesNotContain(TokenProof.of(RunningServer.OPERATE).server(challenge, port + 1));
            assertThat(server.request("GET", "/v1/challenge/short").send().status())
                    .isEqualTo(400);
        }
    }

    @Test
    void aClientProvesItsTokenAndNoOther() throws IOException {
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            assertThat(jobs(server, header(server, RunningServer.READ))).isEqualTo(200);
            String shown = header(server, RunningServer.OPERATE);
            assertThat(jobs(server, shown)).isEqualTo(200);
            assertThat(server.request("PUT", "/v1/jobs/j/pause")
                            .header(Gatekeeper.CLIENT, "x")
                            .header("Authorization", header(server, RunningServer.READ))
                            .send()
                            .status())
                    .isEqualTo(403);
            assertThat(jobs(server, header(server, "a-token-of-somebody-else"))).isEqualTo(401);
            for (String wrong : new String[] {
                shown + "0",
                shown.replace(NONCE, "m".repeat(48)),
                "Espalier ..",
                "Espalier",
                "Espalier a.b",
                "Basic eDp5"
            }) {
                assertThat(jobs(server, wrong)).as(wrong).isEqualTo(401);
            }
        }
    }

    @Test
    void whatWasShownToOneStartIsWorthNothingToTheNext() throws IOException {
        String shown;
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            shown = header(server, RunningServer.OPERATE);
        }
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            assertThat(jobs(server, shown)).isEqualTo(401);
        }
    }

    @Test
    void aTicketEndsWhateverTheClockOfTheMachineSays() throws IOException {
        AtomicLong now = new AtomicLong(-5);
        Token token = Token.of("a-token-of-the-tests");
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            Challenges challenges = new Challenges(server.settings.access().withOperateToken(token), now::get);
            Route route = challenges.route();
            ObjectNode answer = answer(route);
            String challenge = NONCE + "." + answer.path("ticket").asText();
            String shown = challenge + "." + token.proof().client(challenge);
            assertThat(challenges.proves(shown, Optional.of(token))).isTrue();
            now.addAndGet(TimeUnit.MINUTES.toNanos(11));
            assertThat(challenges.proves(shown, Optional.of(token))).isFalse();
        }
    }

    private static ObjectNode answer(Route route) {
        Call call = new Call(
                null, route, Map.of("nonce", NONCE), Map.of(), Json.object(), Caller.STRANGER, false, "client");
        try {
            var entity = (org.apache.pekko.http.javadsl.model.HttpEntity.Strict)
                    route.handler().handle(call).toCompletableFuture().join().entity();
            return Json.parse(entity.getData().toArray());
        } catch (RuntimeException e) {
            throw new AssertionError(e);
        }
    }
}
