package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A link lets one browser in, once and for a while. */
@Timeout(60)
class SessionsTest {
    private static final Sessions.Settings SETTINGS =
            new Sessions.Settings(Duration.ofMinutes(10), Duration.ofHours(1), Duration.ofHours(3), 3);

    @TempDir
    Path directory;

    private final AtomicLong now = new AtomicLong();
    private final Sessions sessions = new Sessions(SETTINGS, now::get);

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void aLinkWorksOnceAndNotForLong() {
        String code = sessions.link();
        assertThat(sessions.enter(code + "x")).isEmpty();
        assertThat(sessions.enter(code)).isPresent();
        assertThat(sessions.enter(code)).isEmpty();
        String late = sessions.link();
        pass(Duration.ofMinutes(11));
        assertThat(sessions.enter(late)).isEmpty();
    }

    @Test
    void neitherHalfOfASessionIsOfUseAlone() {
        Sessions.Entered one = sessions.enter(sessions.link()).orElseThrow();
        Sessions.Entered other = sessions.enter(sessions.link()).orElseThrow();
        assertThat(sessions.admits(one.cookie(), one.key())).isTrue();
        assertThat(sessions.admits(one.cookie(), other.key())).isFalse();
        assertThat(sessions.admits(one.key(), one.cookie())).isFalse();
        assertThat(sessions.admits("", one.key())).isFalse();
    }

    @Test
    void aSessionEndsWhenItIsIdleAndInAnyCaseInTheEnd() {
        Sessions.Entered idle = sessions.enter(sessions.link()).orElseThrow();
        Sessions.Entered busy = sessions.enter(sessions.link()).orElseThrow();
        for (int i = 0; i < 3; i++) {
            pass(Duration.ofMinutes(50));
            assertThat(sessions.admits(busy.cookie(), busy.key())).isTrue();
        }
        assertThat(sessions.admits(idle.cookie(), idle.key())).isFalse();
        pass(Duration.ofMinutes(50));
        assertThat(sessions.admits(busy.cookie(), busy.key())).isFalse();
    }

    @Test
    void theOneThatWasSilentLongestMakesRoom() {
        Sessions.Entered first = sessions.enter(sessions.link()).orElseThrow();
        Sessions.Entered second = sessions.enter(sessions.link()).orElseThrow();
        var _ = sessions.enter(sessions.link()).orElseThrow();
        assertThat(sessions.admits(first.cookie(), first.key())).isTrue();
        var _ = sessions.enter(sessions.link()).orElseThrow();
        assertThat(sessions.admits(first.cookie(), first.key())).isTrue();
        assertThat(sessions.admits(second.cookie(), second.key())).isFalse();
        String old = sessions.link();
        for (int i = 0; i < SETTINGS.most(); i++) {
            sessions.link();
        }
        assertThat(sessions.enter(old)).isEmpty();
    }

    @Test
    void aBrowserComesInByTheLinkAndOperatesWithItsCookieAndItsKey() throws IOException {
        try (RunningServer server = RunningServer.usual(directory, Map.of())) {
            String link = server.service.link().orElseThrow();
            assertThat(link).startsWith(server.address() + "/#enter=");
            RawRequest enter = server.request("POST", "/v1/session")
                    .body("application/json", "{\"code\":\"" + link.replaceFirst(".*=", "") + "\"}");
            assertThat(enter.header("Origin", "http://evil.test").send().status())
                    .isEqualTo(403);
            RawAnswer entered = enter.without("Origin").send();
            assertThat(entered.status()).isEqualTo(200);
            String set = entered.headers().get("set-cookie");
            assertThat(set).contains("; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=43200");
            assertThat(entered.headers()).containsEntry("cache-control", "no-store");
            assertThat(enter.send().code()).isEqualTo("no_such_link");
            String cookie = "theme=dark; " + set.replaceFirst(";.*", "");
            String key = entered.json().path("key").asText();
            RawRequest pause = server.request("PUT", "/v1/jobs/j/pause").header(Gatekeeper.CLIENT, "x");
            assertThat(pause.header("Cookie", cookie).send().status()).isEqualTo(401);
            assertThat(pause.header(SessionRoutes.KEY, key).send().status()).isEqualTo(202);
            assertThat(pause.without("Cookie").send().status()).isEqualTo(401);
        }
    }

    @Test
    void anOperatorHasALinkMadeAndAReaderHasNot() throws IOException {
        try (RunningServer server = RunningServer.guarded(directory, Map.of())) {
            RawRequest link = server.request("POST", "/v1/links").header(Gatekeeper.CLIENT, "x");
            assertThat(link.token(RunningServer.READ).send().status()).isEqualTo(403);
            RawAnswer made = link.token(RunningServer.OPERATE).send();
            assertThat(made.json().path("link").asText()).contains("/#enter=");
        }
    }
}
