package io.espalier.actors.http;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** The routes that can be asked for: no other exists. */
record RouteTable(List<Route> routes) {
    /** Two routes of one path and method would hide each other. */
    RouteTable {
        routes = List.copyOf(routes);
        Set<String> seen = new HashSet<>();
        for (Route route : routes) {
            if (!seen.add(route.verb() + " " + route.path())) {
                throw new IllegalArgumentException(route.verb() + " " + route.path() + " is there twice");
            }
        }
    }

    /** A route that a request is for, with the values in its path. */
    record Match(Route route, Map<String, String> values) {}

    /**
     * The route of a request.
     *
     * @param path as sent
     * @throws Problem 404 where nothing has this path, 405 where it takes other methods
     */
    Match find(String method, String path) {
        List<String> others = new ArrayList<>();
        for (Route route : routes) {
            Optional<Map<String, String>> values = route.path().match(path);
            if (values.isPresent()) {
                if (route.verb().name().equals(method)) {
                    return new Match(route, values.get());
                }
                others.add(route.verb().name());
            }
        }
        if (others.isEmpty()) {
            throw new Problem(404, "not_found", "nothing is served there");
        }
        String allowed = String.join(", ", others);
        throw new Problem(405, "method_not_allowed", "takes " + allowed + " only", RawHeader.create("Allow", allowed));
    }
}
