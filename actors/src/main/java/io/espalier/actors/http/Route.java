package io.espalier.actors.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.Pair;

/**
 * A method and a path that the server answers.
 *
 * @param operation its name in the OpenAPI document and in the audit log; empty for what is no part of the API
 * @param query what may stand after the question mark
 */
record Route(
        Verb verb,
        PathPattern path,
        Access access,
        Body body,
        String operation,
        List<QueryParameter> query,
        Handler handler) {
    /** Methods that are served; all but GET change something. */
    enum Verb {
        GET,
        POST,
        PUT
    }

    /** The kinds of bodies that requests bring. */
    enum Body {
        NONE,
        JSON,
        /** Read by the handler itself, as it comes. */
        RECORDS;

        List<String> mediaTypes() {
            return switch (this) {
                case NONE -> List.of();
                case JSON -> List.of("application/json");
                case RECORDS -> List.of("application/x-ndjson", "application/json");
            };
        }
    }

    /** Carries a request out; what it throws, or completes with, as {@link Problem} or Refused becomes the answer. */
    @FunctionalInterface
    interface Handler {
        CompletionStage<HttpResponse> handle(Call call);
    }

    Route {
        query = List.copyOf(query);
    }

    /** Makes a route that reads something that is already there. */
    static Route get(
            String path,
            Access access,
            String operation,
            Function<Call, HttpResponse> reader,
            QueryParameter... query) {
        return new Route(
                Verb.GET,
                new PathPattern(path),
                access,
                Body.NONE,
                operation,
                List.of(query),
                call -> CompletableFuture.completedFuture(reader.apply(call)));
    }

    boolean changes() {
        return verb != Verb.GET;
    }

    /**
     * The parameters by name.
     *
     * @throws Problem 400 for an unknown one, one given twice, or a value of another form
     */
    Map<String, String> parameters(Iterable<Pair<String, String>> given) {
        Map<String, String> values = new HashMap<>();
        for (Pair<String, String> pair : given) {
            QueryParameter parameter = query.stream()
                    .filter(known -> known.name().equals(pair.first()))
                    .findFirst()
                    .orElseThrow(() -> Problem.invalid("query", pair.first(), "is no parameter: known are " + names()));
            if (!parameter.valid().test(pair.second())) {
                throw Problem.invalid(parameter.name(), pair.second(), parameter.rule());
            }
            if (values.put(pair.first(), pair.second()) != null) {
                throw Problem.invalid(parameter.name(), pair.second(), "must be given once");
            }
        }
        return values;
    }

    private List<String> names() {
        return query.stream().map(QueryParameter::name).toList();
    }
}
