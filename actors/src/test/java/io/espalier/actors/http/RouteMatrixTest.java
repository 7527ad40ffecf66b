package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same rules hold for every route of the table, whatever it does: who may use it, from where, with what. A route
 * that is added is tested here without being named.
 */
@Timeout(120)
class RouteMatrixTest {
    private static final List<String> TRAVERSALS = List.of(
            "..",
            ".",
            "%2e%2e",
            "%252e%252e",
            "..%2f..%2fetc%2fpasswd",
            "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            "..%252f..%252fetc%252fpasswd",
            "..%5c..%5cwindows",
            "..;",
            "%2fetc%2fpasswd",
            "a%00b",
            "a%0ab",
            "%c0%ae%c0%ae",
            "%uff0e%uff0e",
            "a/../../etc/passwd",
            "~root",
            "a%20b",
            "a:b",
            "a".repeat(129));

    @TempDir
    static Path directory;

    private static RunningServer server;

    @BeforeAll
    static void start() throws IOException {
        server = RunningServer.guarded(
                directory,
                Map.of(
                        "espalier.http.events.clients", 1000,
                        "espalier.http.limits.body", "64 KiB",
                        "espalier.http.ingest.body", "64 KiB",
                        "espalier.http.ingest.line", "16 KiB"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private interface Check {
        void of(Route route) throws IOException;
    }

    private static Stream<DynamicTest> onAll(Check check) {
        return on(Set.of(Access.values()), check);
    }

    private static Stream<DynamicTest> on(Set<Access> accesses, Check check) {
        List<DynamicTest> tests = new ArrayList<>();
        for (Route route : server.service.table().routes()) {
            if (accesses.contains(route.access())) {
                tests.add(dynamicTest(route.verb() + " " + route.path(), () -> check.of(route)));
            }
        }
        assertThat(tests).isNotEmpty();
        return tests.stream();
    }

    private static String path(Route route) {
        return route.path()
                .toString()
                .replace("{job}", "job-1")
                .replace("{rank}", "rank-0")
                .replace("{operation}", "operation-1")
                .replace("{source}", "feed")
                .replace("{nonce}", "n".repeat(48));
    }

    private static String body(Route route) {
        if (route.path().toString().equals("/v1/session")) {
            String link = server.service.link().orElseThrow();
            return "{\"code\":\"" + link.replaceFirst(".*=", "") + "\"}";
        }
        return switch (route.operation()) {
            case "submitJob" -> "{\"id\":\"job-1\",\"command\":\"continual\",\"options\":{},\"directory\":\"/tmp\"}";
            case "rollBackJob" -> "{\"version\":\"v000001\"}";
            case "tuneJob" -> "{\"learning_rate\":0.001}";
            case "swapTeacher" -> "{\"teacher\":\"/models/next\"}";
            case "ingest" -> "{\"text\":\"hello\"}";
            default -> "{}";
        };
    }

    /** A request that is carried out once it has its token. */
    private static RawRequest request(Route route) {
        return request(route, path(route));
    }

    private static RawRequest request(Route route, String target) {
        RawRequest request = server.request(route.verb().name(), target);
        if (route.body() != Route.Body.NONE) {
            return request.body(route.body().mediaTypes().getFirst(), body(route));
        }
        return route.changes() ? request.header(Gatekeeper.CLIENT, "test") : request;
    }

    private static String token(Route route) {
        return switch (route.access()) {
            case PROBE, OPEN, READ, SCRAPE -> RunningServer.READ;
            case INGEST -> RunningServer.INGEST;
            case OPERATE -> RunningServer.OPERATE;
        };
    }

    private static void assertCarriedOut(RawAnswer answer, Route route) {
        int expected = route.access() == Access.OPERATE && !route.operation().equals("createLink") ? 202 : 200;
        // The operation is one that nobody has begun.
        int also = route.operation().equals("getOperation") ? 404 : expected;
        assertThat(answer.status()).as(answer.toString()).isIn(expected, also);
        assertSecured(answer);
    }

    private static void assertRefused(RawRequest request, int status, String code) throws IOException {
        int begun = server.control.begun.size();
        int stored = server.ingest.stored().size();
        RawAnswer answer = request.send();
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.json().path("status").asInt()).isEqualTo(status);
        assertSecured(answer);
        assertThat(server.control.begun).as("what was begun").hasSize(begun);
        assertThat(server.ingest.stored()).as("what was stored").hasSize(stored);
    }

    private static void assertSecured(RawAnswer answer) {
        assertThat(answer.headers())
                .containsEntry("x-content-type-options", "nosniff")
                .containsEntry("x-frame-options", "DENY")
                .containsEntry("referrer-policy", "no-referrer")
                .containsKey("cache-control")
                .doesNotContainKeys("server", "access-control-allow-origin");
        assertThat(answer.headers().get("content-security-policy"))
                .contains("default-src 'none'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
    }

    @TestFactory
    Stream<DynamicTest> whoHasTheTokenIsAnswered() {
        return onAll(
                route -> assertCarriedOut(request(route).token(token(route)).send(), route));
    }

    @TestFactory
    Stream<DynamicTest> theOperateTokenOpensEverything() {
        return onAll(route ->
                assertCarriedOut(request(route).token(RunningServer.OPERATE).send(), route));
    }

    @TestFactory
    Stream<DynamicTest> withoutATokenNothingIsToldOrDone() {
        return on(
                Set.of(Access.READ, Access.SCRAPE, Access.INGEST, Access.OPERATE),
                route -> assertRefused(request(route), 401, "not_authenticated"));
    }

    @TestFactory
    Stream<DynamicTest> aWrongTokenIsAsGoodAsNone() {
        return on(Set.of(Access.READ, Access.SCRAPE, Access.INGEST, Access.OPERATE), route -> {
            assertRefused(request(route).token("wrong-" + token(route)), 401, "not_authenticated");
            assertRefused(request(route).token(""), 401, "not_authenticated");
            assertRefused(request(route).header("Authorization", "Basic " + token(route)), 401, "not_authenticated");
            String cut = token(route).substring(1);
            assertRefused(request(route).token(cut), 401, "not_authenticated");
        });
    }

    @TestFactory
    Stream<DynamicTest> theReadTokenChangesNothing() {
        return on(
                Set.of(Access.INGEST, Access.OPERATE),
                route -> assertRefused(request(route).token(RunningServer.READ), 403, "not_allowed"));
    }

    @TestFactory
    Stream<DynamicTest> theIngestTokenHandsInRecordsAlone() {
        return on(
                Set.of(Access.READ, Access.SCRAPE, Access.OPERATE),
                route -> assertRefused(request(route).token(RunningServer.INGEST), 403, "not_allowed"));
    }

    @TestFactory
    Stream<DynamicTest> aForeignNameIsRefused() {
        return on(Set.of(Access.OPEN, Access.READ, Access.INGEST, Access.OPERATE), route -> {
            URI address = server.address();
            for (String host : List.of("evil.test", "evil.test:" + address.getPort(), "127.0.0.1.evil.test", "[::2]")) {
                assertRefused(request(route).token(token(route)).header("Host", host), 421, "unknown_host");
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> figuresAreToldUnderAnyNameToWhoeverShowsATokenAndToNobodyElse() {
        return on(Set.of(Access.SCRAPE), route -> {
            for (String host : List.of("10.0.0.7:7070", "espalier-0.espalier.default.svc.cluster.local", "[fd00::7]")) {
                assertCarriedOut(
                        request(route).token(token(route)).header("Host", host).send(), route);
                assertRefused(request(route).header("Host", host), 421, "unknown_host");
                assertRefused(request(route).token("wrong-" + token(route)).header("Host", host), 421, "unknown_host");
                assertRefused(request(route).token(RunningServer.INGEST).header("Host", host), 403, "not_allowed");
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aPageOfAnotherSiteIsRefused() {
        return on(Set.of(Access.READ, Access.SCRAPE, Access.INGEST, Access.OPERATE), route -> {
            for (String origin : List.of("http://evil.test", "null", "http://127.0.0.1:1", "http://localhost")) {
                assertRefused(request(route).token(token(route)).header("Origin", origin), 403, "other_site");
            }
            for (String site : List.of("cross-site", "same-site")) {
                assertRefused(request(route).token(token(route)).header("Sec-Fetch-Site", site), 403, "other_site");
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> ourOwnPageIsAnswered() {
        return onAll(route -> assertCarriedOut(
                request(route)
                        .token(token(route))
                        .header("Origin", "http://" + server.address().getAuthority())
                        .header("Sec-Fetch-Site", "same-origin")
                        .send(),
                route));
    }

    @TestFactory
    Stream<DynamicTest> whatChangesSomethingTakesWhatNoFormCanSend() {
        return on(Set.of(Access.INGEST, Access.OPERATE), route -> {
            if (route.body() == Route.Body.NONE) {
                RawRequest bare = request(route).token(token(route)).without(Gatekeeper.CLIENT);
                assertRefused(bare, 403, "client_header_missing");
                return;
            }
            for (String type :
                    List.of("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain")) {
                assertRefused(
                        request(route).token(token(route)).body(type, body(route)), 415, "unsupported_media_type");
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aBodyThatIsTooLargeIsRefused() {
        return onAll(route -> {
            long limit = switch (route.body()) {
                case NONE -> 0;
                case JSON -> server.settings.limits().body();
                case RECORDS -> server.settings.ingest().body();
            };
            byte[] large = new byte[Math.toIntExact(limit) + 1];
            String type = route.body() == Route.Body.NONE
                    ? "application/json"
                    : route.body().mediaTypes().getFirst();
            assertRefused(request(route).token(token(route)).body(type, large), 413, "body_too_large");
        });
    }

    @TestFactory
    Stream<DynamicTest> headIsAnsweredWhereverSomethingCanBeReadAndNowhereElse() {
        return onAll(route -> {
            boolean read = server.service.table().routes().stream()
                    .anyMatch(other -> other.verb() == Route.Verb.GET
                            && other.path().toString().equals(route.path().toString()));
            RawAnswer head = server.request("HEAD", path(route))
                    .token(RunningServer.OPERATE)
                    .send();
            // The operation is one that nobody has begun.
            int found = route.operation().equals("getOperation") ? 404 : 200;
            assertThat(head.status()).as(head.toString()).isEqualTo(read ? found : 405);
            assertThat(head.body()).isEmpty();
        });
    }

    @TestFactory
    Stream<DynamicTest> anotherMethodIsRefusedAndTheRightOneNamed() {
        return onAll(route -> {
            for (String method : List.of("DELETE", "PATCH", "OPTIONS", "TRACE")) {
                RawRequest other = server.request(method, path(route)).token(RunningServer.OPERATE);
                assertRefused(other, 405, "method_not_allowed");
                assertThat(other.send().headers().get("allow"))
                        .contains(route.verb().name());
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> anUnknownParameterIsRefused() {
        return onAll(route -> {
            for (String query : List.of("?nonsense=1", "?nonsense", "?%00=1")) {
                assertRefused(request(route, path(route) + query).token(token(route)), 400, "validation");
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aParameterOfAnotherFormOrGivenTwiceIsRefused() {
        return onAll(route -> {
            for (QueryParameter parameter : route.query()) {
                for (String value : List.of("", "-1", "99999999999999999999", "a%0ab", "%3Cscript%3E", "1e3", "%00")) {
                    if (parameter.valid().test(value)) {
                        continue;
                    }
                    String target = path(route) + "?" + parameter.name() + "=" + value;
                    assertRefused(request(route, target).token(token(route)), 400, "validation");
                }
                for (String value : List.of("1", "drain", "2026-01-31T12:00:00Z")) {
                    if (parameter.valid().test(value)) {
                        String pair = parameter.name() + "=" + value;
                        String target = path(route) + "?" + pair + "&" + pair;
                        assertRefused(request(route, target).token(token(route)), 400, "validation");
                    }
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aBodyOfAnotherFormIsRefused() {
        return onAll(route -> {
            if (route.body() != Route.Body.JSON) {
                return;
            }
            String good = body(route);
            String more = good.replaceFirst("\\{", "{\"nonsense\":1,");
            String twice = good.replaceFirst("\\{(\"[a-z_]+\":)", "{$1null,$1");
            String deep = "{\"options\":" + "[".repeat(100) + "]".repeat(100) + "}";
            for (String bad : List.of("", "null", "[]", "{", good + good, twice, deep, "\u0000")) {
                assertRefused(request(route).token(token(route)).body("application/json", bad), 400, "malformed_json");
            }
            for (String bad : List.of("{}", more, good.replaceFirst(":[^,}]+", ":[]"))) {
                assertRefused(request(route).token(token(route)).body("application/json", bad), 400, "validation");
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aPathThatLeadsElsewhereLeadsNowhere() {
        return onAll(route -> {
            for (String part : TRAVERSALS) {
                String path = route.path().names().isEmpty()
                        ? route.path() + (route.path().toString().endsWith("/") ? "" : "/") + part
                        : route.path().toString().replaceFirst("\\{[a-z]+}", part.replace("\\", "\\\\"));
                RawAnswer answer = request(route, path.replaceAll("\\{[a-z]+}", "x"))
                        .token(RunningServer.OPERATE)
                        .send();
                assertThat(answer.status()).as(path + ": " + answer).isIn(400, 404, 405);
                assertSecured(answer);
                assertThat(answer.body()).doesNotContain("root:");
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> ofWhatIsNotThereNothingIsSaid() {
        return onAll(route -> {
            if (route.access() == Access.READ && path(route).contains("job-1")) {
                RawRequest request = request(route, path(route).replace("job-1", "job-2"));
                assertRefused(request.token(RunningServer.READ), 404, "not_found");
            }
        });
    }
}
