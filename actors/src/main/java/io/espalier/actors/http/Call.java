package io.espalier.actors.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * A request that may be carried out: its sender may use the route, and its parts have their forms.
 *
 * @param path values of the names in the route's path
 * @param query values that were given
 * @param body empty where the route takes none, or reads the request's entity itself
 * @param trusted whether the caller may be told more than that: false for one whom a probe answers all the same
 */
record Call(
        HttpRequest request,
        Route route,
        Map<String, String> path,
        Map<String, String> query,
        ObjectNode body,
        Caller caller,
        boolean trusted,
        String client) {
    String job() {
        return path.get("job");
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(query.get(name));
    }

    int number(String name, int otherwise) {
        return text(name).map(Integer::parseInt).orElse(otherwise);
    }

    Optional<Long> large(String name) {
        return text(name).map(Long::parseLong);
    }

    Optional<Instant> moment(String name) {
        return text(name).map(Instant::parse);
    }

    Optional<String> header(String name) {
        return request.getHeader(name).map(HttpHeader::value);
    }
}
