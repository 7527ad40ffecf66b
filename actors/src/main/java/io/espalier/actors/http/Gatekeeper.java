package io.espalier.actors.http;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
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

    private final AccessSettings access;
    private final Set<String> hosts;

    Gatekeeper(AccessSettings access, HttpSettings.Bind bind) {
        this.access = access;
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
     * Who was let in.
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
        if (!known) {
            throw new Problem(
                    421, "unknown_host", "this server is not called so; see espalier.http.access.allowed-hosts");
        }
        if (!caller.may(route.access())) {
            throw denied(caller);
        }
        if (route.access() != Access.OPEN) {
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
            case STRANGER, ANYONE ->
                new Problem(
                        401,
                        "not_authenticated",
                        "takes a token: Authorization: Bearer ...",
                        RawHeader.create("WWW-Authenticate", "Bearer realm=\"espalier\""));
            case READER, PRODUCER, OPERATOR, LOOPBACK ->
                new Problem(403, "not_allowed", "this token does not allow it");
        };
    }

    private Caller caller(HttpRequest request) {
        if (access.operateToken().isEmpty()) {
            return Caller.LOOPBACK;
        }
        Optional<String> shown = header(request, "Authorization");
        if (shown.isEmpty()) {
            return access.readToken().isEmpty() ? Caller.ANYONE : Caller.STRANGER;
        }
        if (!shown.get().toLowerCase(Locale.ROOT).startsWith(BEARER)) {
            return Caller.STRANGER;
        }
        Optional<Token> token = Optional.of(Token.of(shown.get().substring(BEARER.length())));
        // Compared with each, so that the time tells nothing.
        boolean operates = access.operateToken().equals(token);
        boolean reads = access.readToken().equals(token);
        boolean ingests = access.ingestToken().equals(token);
        if (operates) {
            return Caller.OPERATOR;
        }
        if (reads) {
            return Caller.READER;
        }
        return ingests ? Caller.PRODUCER : Caller.STRANGER;
    }

    private static void requireOurSite(HttpRequest request) {
        Optional<String> site = header(request, "Sec-Fetch-Site");
        if (site.isPresent() && !OUR_SITES.contains(site.get())) {
            throw otherSite();
        }
        Optional<String> origin = header(request, "Origin");
        // Of the scheme a proxy before us knows more than we do.
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
