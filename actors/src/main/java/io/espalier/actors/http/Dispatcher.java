package io.espalier.actors.http;

import io.espalier.gpu.Refused;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.apache.pekko.http.scaladsl.model.IllegalUriException;
import org.apache.pekko.japi.Pair;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of every request, in this order: its route, its client's rate, who it is from, its body's kind, its
 * parameters, its body, its handler; then the audit log where the route operates. A failure becomes a problem, and each
 * answer carries the security headers and is counted.
 */
final class Dispatcher {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    private final RouteTable table;
    private final LimitSettings limits;
    private final HttpSettings.IngestSettings ingest;
    private final Gatekeeper gatekeeper;
    private final RateLimiter rates;
    private final RequestBody bodies;
    private final AuditLog audit;
    private final RequestCounters counters;
    private final LongSupplier nanoTime;
    /** A client that finds a defect must not be able to fill the log with it. */
    private final LogRate defects;

    Dispatcher(
            RouteTable table,
            HttpSettings settings,
            Gatekeeper gatekeeper,
            RequestBody bodies,
            AuditLog audit,
            RequestCounters counters,
            LongSupplier nanoTime) {
        this.table = table;
        this.limits = settings.limits();
        this.ingest = settings.ingest();
        this.gatekeeper = gatekeeper;
        this.rates = new RateLimiter(settings.limits(), nanoTime);
        this.bodies = bodies;
        this.audit = audit;
        this.counters = counters;
        this.nanoTime = nanoTime;
        this.defects = new LogRate(nanoTime);
    }

    /**
     * Answers; never fails.
     *
     * @param place of the connection, which is not taken away while something is done for one who may have it done
     */
    CompletionStage<HttpResponse> handle(HttpRequest request, Places.Place place) {
        long began = nanoTime.getAsLong();
        String path = path(request);
        String method = request.method().value();
        RouteTable.Match match;
        try {
            match = table.find(method, path);
        } catch (Problem problem) {
            return refuse(request, problem)
                    .thenApply(response -> finish(response, "other", RequestCounters.NO_ROUTE, began));
        }
        Route route = match.route();
        return answer(request, match, place)
                .thenApply(response -> {
                    if (response.getAttribute(ConnectionDeadline.ENDLESS).isEmpty()) {
                        place.await();
                    }
                    return response;
                })
                .thenApply(response -> finish(response, method, route.path().toString(), began));
    }

    private HttpResponse finish(HttpResponse response, String method, String route, long began) {
        counters.count(method, route, response.status().intValue(), nanoTime.getAsLong() - began);
        return Replies.secured(response);
    }

    private CompletionStage<HttpResponse> answer(HttpRequest request, RouteTable.Match match, Places.Place place) {
        Route route = match.route();
        String client = client(request);
        Gatekeeper.Admission admission;
        Map<String, String> query;
        try {
            if (route.changes() || (route.access() != Access.PROBE && route.access() != Access.OPEN)) {
                rates.count(client);
            }
            admission = gatekeeper.admit(request, route);
            RequestBody.requireFit(request, route, limit(route));
            query = parameters(request, route);
            if (route.access() != Access.PROBE && route.access() != Access.OPEN) {
                place.work();
            }
        } catch (Problem problem) {
            return refuse(request, problem);
        }
        return attempt(() -> call(request, match, query, admission, client))
                .handle((call, failure) -> failure == null ? carryOut(call) : failed(request, failure))
                .thenCompose(stage -> stage);
    }

    private CompletionStage<Call> call(
            HttpRequest request,
            RouteTable.Match match,
            Map<String, String> query,
            Gatekeeper.Admission admission,
            String client) {
        CompletionStage<byte[]> body = switch (match.route().body()) {
            case JSON -> bodies.whole(request, limits.body(), limits.bodyWait());
            case NONE, RECORDS -> CompletableFuture.completedFuture(new byte[] {'{', '}'});
        };
        return body.thenApply(bytes -> new Call(
                request,
                match.route(),
                match.values(),
                query,
                Json.parse(bytes),
                admission.caller(),
                admission.trusted(),
                client));
    }

    private CompletionStage<HttpResponse> carryOut(Call call) {
        // Reading the records has a time limit of its own, and comes before the answer.
        Duration wait = call.route().body() == Route.Body.RECORDS
                ? limits.answerWait().plus(ingest.bodyWait())
                : limits.answerWait();
        return attempt(() -> call.route().handler().handle(call))
                .toCompletableFuture()
                .copy()
                .orTimeout(wait.toNanos(), TimeUnit.NANOSECONDS)
                .handle((response, failure) -> {
                    if (failure == null) {
                        return audited(call, response, "ok");
                    }
                    Problem problem = problem(call.request(), failure);
                    return audited(
                            call, problem.response(call.request().getUri().getPathString()), problem.code());
                })
                .thenCompose(stage -> stage);
    }

    private CompletionStage<HttpResponse> audited(Call call, HttpResponse response, String code) {
        if (call.route().access() != Access.OPERATE) {
            return CompletableFuture.completedFuture(response);
        }
        String operation = response.getHeader("Location")
                .map(location -> location.value().replaceFirst(".*/", ""))
                .or(() -> call.header(OperateRoutes.OPERATION).map(Json::excerpt))
                .orElse("");
        return audit.write(call, operation, response.status().intValue(), code).thenApply(_ -> response);
    }

    private static <T> CompletionStage<T> attempt(Supplier<CompletionStage<T>> action) {
        try {
            return action.get();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private long limit(Route route) {
        return switch (route.body()) {
            case NONE -> 0;
            case JSON -> limits.body();
            case RECORDS -> ingest.body();
        };
    }

    private static Map<String, String> parameters(HttpRequest request, Route route) {
        try {
            Iterable<Pair<String, String>> given = request.getUri().query().toList();
            return route.parameters(given);
        } catch (IllegalUriException e) {
            throw new Problem(400, "malformed_request", "the query is malformed");
        }
    }

    /** Refuses a request whose body has not been read. */
    private CompletionStage<HttpResponse> refuse(HttpRequest request, Problem problem) {
        return bodies.discard(request, limits.bodyWait())
                .thenApply(_ -> problem.response(request.getUri().getPathString()));
    }

    private CompletionStage<HttpResponse> failed(HttpRequest request, Throwable failure) {
        return CompletableFuture.completedFuture(
                problem(request, failure).response(request.getUri().getPathString()));
    }

    private Problem problem(HttpRequest request, Throwable failure) {
        return switch (RequestBody.cause(failure)) {
            case Problem problem -> problem;
            case Refused refused -> Problem.of(refused);
            case TimeoutException _ ->
                new Problem(503, "no_answer", "nothing has answered in time; what was asked for may still be done");
            case Throwable defect -> {
                if (defects.tryAcquire()) {
                    LOG.error(
                            "request {} {} failed",
                            request.method().value(),
                            request.getUri().getPathString(),
                            defect);
                }
                yield new Problem(500, "internal", "failed; the daemon's log says why");
            }
        };
    }

    /**
     * The path as it was sent: the server below has put dots and escapes in order by now, which a proxy that guards
     * some paths may not have done.
     */
    private static String path(HttpRequest request) {
        String target =
                request.getHeader(RawRequestURI.class).map(HttpHeader::value).orElse("");
        return target.startsWith("/")
                ? target.replaceFirst("[?#].*", "")
                : request.getUri().getPathString();
    }

    private static String client(HttpRequest request) {
        return request.getAttribute(AttributeKeys.remoteAddress)
                .flatMap(RemoteAddress::getAddress)
                .map(InetAddress::getHostAddress)
                .orElse("unknown");
    }
}
