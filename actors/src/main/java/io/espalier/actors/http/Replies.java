package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Answers, and what each of them carries. */
final class Replies {
    static final ContentType PROBLEM_JSON = ContentTypes.parse("application/problem+json");

    private static final String CACHE_CONTROL = "Cache-Control";
    /** Everything the dashboard needs comes from here, and nothing of it may be inline or framed. */
    private static final List<HttpHeader> SECURITY = List.of(
            RawHeader.create(
                    "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
                            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
            RawHeader.create("X-Content-Type-Options", "nosniff"),
            RawHeader.create("X-Frame-Options", "DENY"),
            RawHeader.create("Referrer-Policy", "no-referrer"),
            RawHeader.create("Cross-Origin-Opener-Policy", "same-origin"),
            RawHeader.create("Cross-Origin-Resource-Policy", "same-origin"));

    private static final HttpHeader NO_STORE = RawHeader.create(CACHE_CONTROL, "no-store");
    /** A browser keeps it and asks each time whether it is still the same. */
    static final HttpHeader REVALIDATE = RawHeader.create(CACHE_CONTROL, "no-cache");

    private Replies() {}

    static HttpResponse json(JsonNode body) {
        return json(200, body);
    }

    static HttpResponse json(int status, JsonNode body) {
        return json(status, ContentTypes.APPLICATION_JSON, body);
    }

    static HttpResponse json(int status, ContentType type, JsonNode body) {
        return bytes(status, type, Json.bytes(body));
    }

    static HttpResponse bytes(int status, ContentType type, byte[] body) {
        return HttpResponse.create().withStatus(status).withEntity(HttpEntities.create(type, body));
    }

    /** The answer with what every answer carries. */
    static HttpResponse secured(HttpResponse response) {
        List<HttpHeader> headers = new ArrayList<>(SECURITY);
        if (response.getHeader(CACHE_CONTROL).isEmpty()) {
            headers.add(NO_STORE);
        }
        return response.addHeaders(headers);
    }
}
