package io.espalier.actors.http;

import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/** What is no HTTP is answered as any other problem, and not logged: its sender must not be able to fill the log. */
public final class MalformedRequests extends ParsingErrorHandler {
    /** Called by Pekko, which finds the class by its name. */
    public MalformedRequests() {}

    @Override
    public HttpResponse handle(StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
        return Replies.secured(new Problem(status.intValue(), "malformed_request", error.summary()).response(""));
    }
}
