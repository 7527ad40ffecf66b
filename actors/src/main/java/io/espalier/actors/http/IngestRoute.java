package io.espalier.actors.http;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;

/**
 * Takes records from clients: NDJSON, or one record as JSON over as many lines as it likes; both may be packed by gzip. All good lines of a request are stored, durably and together,
 * before it is answered with 200, which says how many were new, how many were known by their keys, and which lines were
 * rejected and why. After any other answer none of them was, as far as the client may rely on it; it sends the request
 * again, and keys keep a record from counting twice.
 */
final class IngestRoute {
    private static final String KEY = "[ -~]{1,256}";
    private static final Duration MOMENT = Duration.ofSeconds(1);

    private final ActorSystem<?> system;
    private final Ingest ingest;
    private final HttpSettings.IngestSettings settings;
    private final RequestBody bodies;
    /** Bounds the memory of requests that are being read and stored. */
    private final Semaphore places;

    IngestRoute(ActorSystem<?> system, Ingest ingest, HttpSettings.IngestSettings settings, RequestBody bodies) {
        this.system = system;
        this.ingest = ingest;
        this.settings = settings;
        this.bodies = bodies;
        this.places = new Semaphore(settings.requests());
    }

    Route route() {
        return new Route(
                Route.Verb.POST,
                new PathPattern("/v1/ingest/{source}"),
                Access.INGEST,
                Route.Body.RECORDS,
                "ingest",
                List.of(),
                this::take);
    }

    private CompletionStage<HttpResponse> take(Call call) {
        Optional<String> key = call.header(OperateRoutes.OPERATION);
        if (key.isPresent() && !key.get().matches(KEY)) {
            throw Problem.invalid(OperateRoutes.OPERATION, key.get(), "must match " + KEY);
        }
        if (!places.tryAcquire()) {
            throw Problem.tryAgain("too_many_requests", settings.requests() + " requests are being read", MOMENT);
        }
        return read(call, new IngestBatch(settings, key))
                .thenCompose(batch -> ingest.append(call.path().get("source"), batch.items())
                        .thenApply(outcome -> answer(batch, outcome)))
                .whenComplete((_, _) -> places.release());
    }

    private CompletionStage<IngestBatch> read(Call call, IngestBatch batch) {
        if (call.request().entity().getContentType().mediaType().equals(MediaTypes.APPLICATION_JSON)) {
            return bodies.whole(call.request(), settings.body(), settings.bodyWait())
                    .thenApply(batch::addDocument);
        }
        return bodies.bytes(call.request(), settings.body(), settings.bodyWait())
                .runFold(new LineSplitter(batch::add), LineSplitter::take, system)
                .thenApply(lines -> {
                    lines.end();
                    return batch;
                });
    }

    private static HttpResponse answer(IngestBatch batch, Ingest.Outcome outcome) {
        return switch (outcome) {
            case Ingest.Outcome.Stored stored -> Replies.json(batch.answer(stored));
            case Ingest.Outcome.Full full ->
                throw Problem.tryAgain("behind", "the student is behind; nothing was taken", full.retryAfter());
            case Ingest.Outcome.Unwell unwell ->
                throw Problem.unavailable("unwell", unwell.why() + "; nothing was taken", unwell.retryAfter());
        };
    }
}
