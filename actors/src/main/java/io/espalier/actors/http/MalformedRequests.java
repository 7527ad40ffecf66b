package io.espalier.actors.http;

import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;
import org.apache.pekko.util.ByteString;

/** Answers bytes that are no HTTP as any other problem, and logs nothing: their sender must not fill the log. */
public final class MalformedRequests extends ParsingErrorHandler {
    private static final ByteString THEIRS = ByteString.fromString("HTTP/1.1 500 ");
    private static final ByteString OURS = ByteString.fromString("X-Content-Type-Options");
    private static final ByteString REFUSAL = refusal();

    /** Called by Pekko, which finds the class by its name. */
    public MalformedRequests() {}

    /**
     * Returns the bytes to send. Pekko answers with a status of 500 where its parser fails at a request, such as a
     * chunked body of HTTP/1.0. Such a request is malformed, and so that answer is replaced by the refusal of malformed
     * requests.
     */
    static ByteString inOurWords(ByteString bytes) {
        return bytes.startsWith(THEIRS, 0) && bytes.indexOfSlice(OURS, 0) < 0 ? REFUSAL : bytes;
    }

    private static ByteString refusal() {
        byte[] body = Json.bytes(Json.object()
                .put("type", "about:blank")
                .put("title", "Bad Request")
                .put("status", 400)
                .put("detail", "the request cannot be read, as a chunked body of HTTP/1.0 cannot")
                .put("code", "malformed_request"));
        StringBuilder head = new StringBuilder("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n");
        Replies.secured(HttpResponse.create())
                .getHeaders()
                .forEach(header -> head.append(header.name() + ": " + header.value() + "\r\n"));
        head.append("Content-Type: application/problem+json\r\nContent-Length: " + body.length + "\r\n\r\n");
        return ByteString.fromString(head.toString()).concat(ByteString.fromArray(body));
    }

    @Override
    public HttpResponse handle(StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
        return Replies.secured(new Problem(status.intValue(), "malformed_request", error.summary()).response(""));
    }
}
