package io.espalier.actors.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.settings.SettingsSection;
import java.time.Duration;
import java.util.Map;

/** The bounds on the requests of one client, and of all of them together; sizes in bytes. */
record LimitSettings(
        int connections,
        int connectionsOfOne,
        int backlog,
        Duration requestWait,
        Duration bodyWait,
        Duration answerWait,
        Duration idle,
        int uri,
        int header,
        int headers,
        long body,
        long discarded,
        int requestsPerSecond,
        int burst,
        int clients) {
    private static final int MANY = 1_000_000;
    private static final long GIB = 1L << 30;

    static LimitSettings of(SettingsSection section) {
        LimitSettings limits = new LimitSettings(
                section.number("connections", 1, MANY),
                section.number("connections-of-one", 1, MANY),
                section.number("backlog", 1, MANY),
                section.duration("request-wait"),
                section.duration("body-wait"),
                section.duration("answer-wait"),
                section.duration("idle"),
                Math.toIntExact(section.bytes("uri", 256, 1 << 20)),
                Math.toIntExact(section.bytes("header", 256, 1 << 20)),
                section.number("headers", 16, 1024),
                section.bytes("body", 1024, GIB),
                section.bytes("discarded", 0, GIB),
                section.number("requests-per-second", 1, MANY),
                section.number("burst", 1, MANY),
                section.number("clients", 1, MANY));
        section.requireNoOther();
        return limits;
    }

    /**
     * The bounds as settings of the server below, over those of the actor system.
     *
     * @param largestBody of any route
     */
    Config server(Config system, long largestBody) {
        String parsing = "pekko.http.server.parsing.";
        return ConfigFactory.parseMap(Map.ofEntries(
                        Map.entry("pekko.http.server.server-header", ""),
                        // A HEAD is the GET of its route, without the body.
                        Map.entry("pekko.http.server.transparent-head-requests", "on"),
                        // The dispatcher has its own, which says so in our words.
                        Map.entry("pekko.http.server.request-timeout", "infinite"),
                        Map.entry("pekko.http.server.remote-address-attribute", "on"),
                        Map.entry("pekko.http.server.raw-request-uri-header", "on"),
                        Map.entry(parsing + "max-uri-length", uri),
                        Map.entry(parsing + "max-header-value-length", header),
                        Map.entry(parsing + "max-header-count", headers),
                        Map.entry(parsing + "max-content-length", largestBody + discarded),
                        // A client must not be able to fill the log.
                        Map.entry(parsing + "illegal-header-warnings", "off"),
                        Map.entry(parsing + "error-logging-verbosity", "off"),
                        Map.entry(parsing + "error-handler", MalformedRequests.class.getName())))
                .withFallback(system);
    }
}
