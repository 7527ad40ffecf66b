package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/**
 * A feed as a stream: polled on demand, looked at again after a rest where it has nothing, and opened anew, ever less
 * often, where it fails. Owns the feed.
 */
final class PolledArrivals {
    private static final Duration LONGEST_REST = Duration.ofSeconds(30);

    private final String source;
    private final Function<SortedMap<Integer, Long>, Feed> open;
    private final SortedMap<Integer, Long> next;
    private final Duration idle;
    private final LiveListener listener;
    private Feed feed;
    private Duration rest;
    private boolean closed;

    private PolledArrivals(
            String source,
            Function<SortedMap<Integer, Long>, Feed> open,
            SortedMap<Integer, Long> next,
            Duration idle,
            LiveListener listener) {
        this.source = source;
        this.open = open;
        this.next = new TreeMap<>(next);
        this.idle = idle;
        this.rest = idle;
        this.listener = listener;
    }

    /**
     * The stream.
     *
     * @param open opens the feed at a position
     * @param idle rest after a look that found nothing, and the first after a failure
     * @param executor whose threads may wait for disks
     */
    static Source<Arrival, NotUsed> of(
            String source,
            Function<SortedMap<Integer, Long>, Feed> open,
            SortedMap<Integer, Long> next,
            Duration idle,
            Executor executor,
            LiveListener listener) {
        return Source.<List<Arrival>, PolledArrivals>unfoldResourceAsync(
                        () -> CompletableFuture.completedFuture(new PolledArrivals(source, open, next, idle, listener)),
                        arrivals -> arrivals.more(executor),
                        arrivals -> arrivals.end(executor))
                .mapConcat(list -> list);
    }

    private CompletionStage<Optional<List<Arrival>>> more(Executor executor) {
        CompletableFuture<Optional<List<Arrival>>> more = new CompletableFuture<>();
        executor.execute(() -> look(more, executor));
        return more;
    }

    private CompletionStage<Done> end(Executor executor) {
        return CompletableFuture.supplyAsync(
                () -> {
                    close();
                    return Done.getInstance();
                },
                executor);
    }

    private void look(CompletableFuture<Optional<List<Arrival>>> more, Executor executor) {
        try {
            Optional<List<Arrival>> found = poll();
            if (found.isPresent() && found.get().isEmpty()) {
                CompletableFuture.delayedExecutor(rest.toNanos(), TimeUnit.NANOSECONDS, executor)
                        .execute(() -> look(more, executor));
            } else {
                more.complete(found);
            }
        } catch (RuntimeException e) {
            more.completeExceptionally(e);
        }
    }

    /** Nothing once it is closed. */
    private synchronized Optional<List<Arrival>> poll() {
        if (closed) {
            return Optional.empty();
        }
        try {
            if (feed == null) {
                feed = open.apply(Collections.unmodifiableSortedMap(next));
            }
            List<Arrival> found = feed.poll();
            found.forEach(arrival -> next.put(arrival.partition(), arrival.next()));
            rest = idle;
            return Optional.of(found);
        } catch (UncheckedIOException | Refused e) {
            rest = rest.multipliedBy(2).compareTo(LONGEST_REST) > 0 ? LONGEST_REST : rest.multipliedBy(2);
            listener.sourceError(source, String.valueOf(e.getMessage()));
            closeFeed();
            return Optional.of(List.of());
        }
    }

    private synchronized void close() {
        closed = true;
        closeFeed();
    }

    private void closeFeed() {
        if (feed != null) {
            Feed last = feed;
            feed = null;
            try {
                last.close();
            } catch (UncheckedIOException e) {
                listener.sourceError(source, String.valueOf(e.getMessage()));
            }
        }
    }
}
