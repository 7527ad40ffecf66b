package io.espalier.actors.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** The reason for which a request was not carried out, as its sender is told (RFC 9457: application/problem+json). */
final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final transient List<HttpHeader> headers;
    private final transient ObjectNode more;

    /**
     * Made where the request is judged.
     *
     * @param code for programs, {@code [a-z_]+}
     * @param detail for a person
     */
    Problem(int status, String code, String detail, HttpHeader... headers) {
        this(status, code, detail, Json.object(), headers);
    }

    /** Makes a problem with further members. */
    Problem(int status, String code, String detail, ObjectNode more, HttpHeader... headers) {
        // Nothing broke: what would the stack say?
        super(detail, null, false, false);
        this.status = status;
        this.code = code;
        this.headers = List.of(headers);
        this.more = more;
    }

    static Problem of(Refused refused) {
        String detail = String.valueOf(refused.getMessage());
        String code = refused.reason().name().toLowerCase(Locale.ROOT);
        return switch (refused.reason()) {
            case USAGE, VALIDATION -> new Problem(400, code, detail);
            case NOT_FOUND -> new Problem(404, code, detail);
            case WRONG_STATE -> new Problem(409, code, detail);
            case BAD_CONFIGURATION -> new Problem(422, code, detail);
            case TRY_AGAIN -> tryAgain(code, detail, Duration.ofSeconds(1));
            case NOT_ALLOWED -> new Problem(403, code, detail);
        };
    }

    static Problem tryAgain(String code, String detail, Duration after) {
        return later(429, code, detail, after);
    }

    /** The daemon is at fault, and may be well again after a while. */
    static Problem unavailable(String code, String detail, Duration after) {
        return later(503, code, detail, after);
    }

    private static Problem later(int status, String code, String detail, Duration after) {
        // Rounded up: who comes back too early is sent away again.
        long seconds = Math.max(1, after.plusNanos(999_999_999).toSeconds());
        return new Problem(status, code, detail, RawHeader.create("Retry-After", Long.toString(seconds)));
    }

    /** A parameter or field that breaks a rule. */
    static Problem invalid(String name, Object value, String rule) {
        return new Problem(
                400, "validation", Json.excerpt(name) + " is [" + Json.excerpt(String.valueOf(value)) + "]: " + rule);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    /**
     * The answer.
     *
     * @param instance path of the request
     */
    HttpResponse response(String instance) {
        ObjectNode body = Json.object();
        body.put("type", "about:blank");
        body.put("title", StatusCodes.get(status).reason());
        body.put("status", status);
        body.put("detail", getMessage());
        body.put("instance", Json.excerpt(instance));
        body.put("code", code);
        body.setAll(more);
        return Replies.json(status, Replies.PROBLEM_JSON, body).addHeaders(headers);
    }
}
