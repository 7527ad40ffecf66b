package io.espalier.actors.http;

import io.espalier.actors.client.TokenProof;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/**
 * Decides who a request is from and whether that one may use the route. A browser that another site has sent is refused
 * here: by the name it calls us by (DNS rebinding), by where it says it comes from, and, where a request changes something
 * without a body, by a header that no form can send.
 */
final class Gatekeeper {
    /** Must be there, with any value, where a request changes something and has no body. */
    static final String CLIENT = "X-Espalier-Client";

    private static final List<String> LOOPBACK_NAMES = List.of("localhost", "127.0.0.1", "[::1]");
    private static final Set<String> OUR_SITES = Set.of("same-origin", "none");
    private static final String BEARER = "bearer ";
    private static final String PROOF = TokenProof.SCHEME.toLowerCase(Locale.ROOT);

    private final AccessSettings access;
    private final Challenges challenges;
    private final SessionRoutes sessions;
    private final Set<String> hosts;

    Gatekeeper(AccessSettings access, HttpSettings.Bind bind, Challenges challenges, SessionRoutes sessions) {
        this.access = access;
        this.challenges = challenges;
        this.sessions = sessions;
        this.hosts = new HashSet<>(access.allowedHosts());
        hosts.add(
                bind.host().contains(":")
                        ? "[" + bind.host() + "]"
                        : bind.host().toLowerCase(Locale.ROOT));
        if (bind.loopback()) {
            hosts.addAll(LOOPBACK_NAMES);
        }
    }

    /**
     * The caller of a request that was let in.
     *
     * @param trusted whether the caller may read, which a probe does not require
     */
    record Admission(Caller caller, boolean trusted) {}

    /**
     * Lets a request in.
     *
     * @throws Problem 421, 401 or 403 where it is not
     */
    Admission admit(HttpRequest request, Route route) {
        Caller caller = caller(request);
        boolean known = hosts.contains(hostName(header(request, "Host").orElse("")));
        if (route.access() == Access.PROBE) {
            return new Admission(caller, known && caller.may(Access.READ));
        }
        if (!known && !(route.access() == Access.SCRAPE && caller.showedToken())) {
            throw new Problem(
                    421, "unknown_host", "this server is not called so; see espalier.http.access.allowed-hosts");
        }
        if (!caller.may(route.access())) {
            throw denied(caller);
        }
        if (route.access() != Access.OPEN || route.changes()) {
            requireOurSite(request);
        }
        if (route.changes()
                && route.body() == Route.Body.NONE
                && header(request, CLIENT).isEmpty()) {
            throw new Problem(403, "client_header_missing", "must have a header " + CLIENT);
        }
        return new Admission(caller, true);
    }

    private static Problem denied(Caller caller) {
        return switch (caller) {
            case STRANGER ->
                new Problem(
                        401,
                        "not_authenticated",
                        "takes a token: Authorization: Bearer ...",
                        RawHeader.create("WWW-Authenticate", "Bearer realm=\"espalier\""));
            case READER, PRODUCER, OPERATOR, OWNER, BROWSER, LOOPBACK ->
                new Problem(403, "not_allowed", "this token does not allow it");
        };
    }

    private Caller caller(HttpRequest request) {
        if (access.open()) {
            return Caller.LOOPBACK;
        }
        Optional<String> shown = header(request, "Authorization");
        if (shown.isEmpty()) {
            return sessions.admits(request) ? Caller.BROWSER : Caller.STRANGER;
        }
        Predicate<Optional<Token>> knows = knowing(shown.get());
        // Compared with each, so that the time tells nothing.
        boolean operates = knows.test(access.operateToken());
        boolean reads = knows.test(access.readToken());
        boolean ingests = knows.test(access.ingestToken());
        if (operates) {
            return access.own() ? Caller.OWNER : Caller.OPERATOR;
        }
        if (reads) {
            return Caller.READER;
        }
        return ingests ? Caller.PRODUCER : Caller.STRANGER;
    }

    private Predicate<Optional<Token>> knowing(String shown) {
        String scheme = shown.toLowerCase(Locale.ROOT);
        if (scheme.startsWith(BEARER)) {
            Optional<Token> token = Optional.of(Token.of(shown.substring(BEARER.length())));
            return token::equals;
        }
        return scheme.startsWith(PROOF)
                ? token -> challenges.proves(shown.substring(PROOF.length()), token)
                : _ -> false;
    }

    private static void requireOurSite(HttpRequest request) {
        Optional<String> site = header(request, "Sec-Fetch-Site");
        if (site.isPresent() && !OUR_SITES.contains(site.get())) {
            throw otherSite();
        }
        Optional<String> origin = header(request, "Origin");
        // The scheme is not compared: a proxy before us knows more of it than we do.
        String own = header(request, "Host").orElse("").toLowerCase(Locale.ROOT);
        if (origin.isPresent()
                && !origin.get()
                        .toLowerCase(Locale.ROOT)
                        .replaceFirst("^https?://", "")
                        .equals(own)) {
            throw otherSite();
        }
    }

    private static Problem otherSite() {
        return new Problem(403, "other_site", "must not come from a page of another site");
    }

    private static Optional<String> header(HttpRequest request, String name) {
        return request.getHeader(name).map(HttpHeader::value);
    }

    private static String hostName(String host) {
        int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
        return (end > 0 ? host.substring(0, end) : host).toLowerCase(Locale.ROOT);
    }
}
