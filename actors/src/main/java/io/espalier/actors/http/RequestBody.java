package io.espalier.actors.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.javadsl.Compression;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Reads the body of a request within bounds of size and time. A body that is too long is still taken in up to a further
 * bound, and thrown away, since a client reads why only after it has sent all.
 */
final class RequestBody {
    private static final String GZIP = "gzip";
    private static final int UNPACKED_AT_ONCE = 64 << 10;

    private final ActorSystem<?> system;
    private final long discarded;

    RequestBody(ActorSystem<?> system, long discarded) {
        this.system = system;
        this.discarded = discarded;
    }

    /** Refuses, before it is read, a body of a kind or length that the route does not take. */
    static void requireFit(HttpRequest request, Route route, long limit) {
        RequestEntity entity = request.entity();
        if (route.body() == Route.Body.NONE) {
            if (!entity.isKnownEmpty()) {
                throw new Problem(413, "body_too_large", "takes no body");
            }
            return;
        }
        String encoding = encoding(request);
        if (!encoding.equals(GZIP) && !encoding.equals("identity")) {
            throw new Problem(
                    415,
                    "unsupported_encoding",
                    "takes bodies as they are or packed by gzip, and this is " + Json.excerpt(encoding),
                    RawHeader.create("Accept-Encoding", GZIP));
        }
        String type = entity.getContentType().mediaType().toString();
        if (!route.body().mediaTypes().contains(type)) {
            throw new Problem(
                    415,
                    "unsupported_media_type",
                    "takes " + String.join(" or ", route.body().mediaTypes()));
        }
        if (entity.getContentLengthOption().orElse(0) > limit) {
            throw tooLarge(limit);
        }
    }

    private static String encoding(HttpRequest request) {
        return request.getHeader("Content-Encoding")
                .map(header -> header.value().strip().toLowerCase(Locale.ROOT))
                .orElse("identity");
    }

    static Problem tooLarge(long limit) {
        return new Problem(413, "body_too_large", "takes at most " + limit + " bytes");
    }

    /** The bytes as they come; fails with a {@link Problem} where they are too many, too slow or malformed. */
    Source<ByteString, ?> bytes(HttpRequest request, long limit, Duration wait) {
        long[] seen = {0};
        boolean packed = encoding(request).equals(GZIP);
        Source<ByteString, ?> sent =
                request.entity().withSizeLimit(limit + discarded).getDataBytes().completionTimeout(wait);
        return (packed ? sent.via(Compression.gzipDecompress(UNPACKED_AT_ONCE)) : sent)
                .map(bytes -> {
                    seen[0] += bytes.size();
                    if (packed && seen[0] > limit) {
                        // A thousand times what was sent may follow: it is not unpacked to be thrown away.
                        throw tooLarge(limit);
                    }
                    return seen[0] > limit ? ByteString.emptyByteString() : bytes;
                })
                .concatLazy(Source.lazySource(() -> ending(seen[0], limit)))
                .mapError(Throwable.class, failure -> problem(failure, limit));
    }

    private static Source<ByteString, NotUsed> ending(long seen, long limit) {
        return seen > limit ? Source.failed(tooLarge(limit)) : Source.empty();
    }

    /** Reads all of the body at once. */
    CompletionStage<byte[]> whole(HttpRequest request, long limit, Duration wait) {
        return bytes(request, limit, wait)
                .runFold(
                        new ByteArrayOutputStream(),
                        (all, next) -> {
                            all.writeBytes(next.toArrayUnsafe());
                            return all;
                        },
                        system)
                .thenApply(ByteArrayOutputStream::toByteArray);
    }

    private static Throwable problem(Throwable failure, long limit) {
        return switch (failure) {
            case TimeoutException _ -> new Problem(408, "body_too_slow", "the body did not come in time");
            case EntityStreamSizeException _ -> tooLarge(limit);
            case EntityStreamException e ->
                new Problem(400, "malformed_request", e.info().summary());
            case IOException e -> new Problem(400, "malformed_gzip", "the body is no gzip: " + e.getMessage());
            default -> failure;
        };
    }

    /** Takes in what a refused request still sends, if that is little and not held back; completes when it is there. */
    CompletionStage<Done> discard(HttpRequest request, Duration wait) {
        RequestEntity entity = request.entity();
        boolean heldBack = request.getHeader("Expect").map(HttpHeader::value).equals(Optional.of("100-continue"));
        if (entity.isStrict() || heldBack || entity.getContentLengthOption().orElse(0) > discarded) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        return entity.withSizeLimit(discarded)
                .getDataBytes()
                .completionTimeout(wait)
                .runWith(Sink.ignore(), system)
                // Too long or too slow: then the connection is closed on it.
                .exceptionally(_ -> Done.getInstance());
    }

    /** The cause of a stage's failure, out of its wrapping. */
    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
