package io.espalier.actors.http;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** The way of a browser in: an operator has a link made, and the page that it leads to begins a session with it. */
final class SessionRoutes {
    /** The page's half of a session. */
    static final String KEY = "X-Espalier-Session";

    private static final String CODE = "[A-Za-z0-9_-]{43}";

    private final Sessions sessions;
    private final Sessions.Settings settings;
    private final boolean secure;
    private volatile String cookie = "espalier";
    private volatile String page = "";

    /** @param secure whether it is served over TLS */
    SessionRoutes(Sessions sessions, Sessions.Settings settings, boolean secure) {
        this.sessions = sessions;
        this.settings = settings;
        this.secure = secure;
    }

    /** Says where the server is reached; to be called before any client knows. A cookie has no port but in its name. */
    void listening(URI address) {
        cookie = "espalier-" + address.getPort();
        page = address + "/#enter=";
    }

    List<Route> routes() {
        return List.of(
                new Route(
                        Route.Verb.POST,
                        new PathPattern("/v1/session"),
                        Access.OPEN,
                        Route.Body.JSON,
                        "",
                        List.of(),
                        this::enter),
                new Route(
                        Route.Verb.POST,
                        new PathPattern("/v1/links"),
                        Access.OPERATE,
                        Route.Body.NONE,
                        "createLink",
                        List.of(),
                        _ -> CompletableFuture.completedFuture(
                                Replies.json(Json.object().put("link", link())))));
    }

    /** A link that lets one browser in. */
    String link() {
        return page + sessions.link();
    }

    private CompletionStage<HttpResponse> enter(Call call) {
        Fields fields = new Fields(call.body());
        String code = fields.text("code", CODE);
        fields.requireNoOther();
        Sessions.Entered entered = sessions.enter(code)
                .orElseThrow(() -> new Problem(
                        401,
                        "no_such_link",
                        "this link was used already, or is too old: espalier page prints another"));
        String set = cookie + "=" + entered.cookie() + "; Path=/; HttpOnly; SameSite=Strict; Max-Age="
                + settings.longest().toSeconds() + (secure ? "; Secure" : "");
        return CompletableFuture.completedFuture(
                Replies.json(Json.object().put("key", entered.key())).addHeader(RawHeader.create("Set-Cookie", set)));
    }

    /** Whether a request comes from a browser that has been let in. */
    boolean admits(HttpRequest request) {
        Optional<String> key = request.getHeader(KEY).map(HttpHeader::value);
        return key.isPresent()
                && cookie(request)
                        .filter(shown -> sessions.admits(shown, key.get()))
                        .isPresent();
    }

    private Optional<String> cookie(HttpRequest request) {
        String name = cookie + "=";
        return request.getHeader("Cookie")
                .map(HttpHeader::value)
                .flatMap(all -> List.of(all.split("; ?", -1)).stream()
                        .filter(one -> one.startsWith(name))
                        .map(one -> one.substring(name.length()))
                        .findFirst());
    }
}
