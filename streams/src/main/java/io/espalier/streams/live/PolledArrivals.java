package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
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
 * often, where it fails. A feed that is {@link GivenUp} ends it. Owns the feed.
 */
final class PolledArrivals {
    private final String source;
    private final Function<SortedMap<Integer, PartitionPosition>, Feed> open;
    private final SortedMap<Integer, PartitionPosition> at;
    private final Rests rests;
    private final LiveListener listener;
    private Feed feed;
    private Duration rest;
    private String trouble;
    private boolean closed;

    /**
     * The lengths of the rests between two looks at the feed.
     *
     * @param idle after a look that found nothing
     * @param first after a failure; after each that follows twice as long as before
     * @param longest after failures
     */
    record Rests(Duration idle, Duration first, Duration longest) {
        private static final Duration LONGEST = Duration.ofSeconds(30);

        /** The rests of a source whose failures are a disk's. */
        static Rests after(Duration idle) {
            return new Rests(idle, idle.multipliedBy(2), LONGEST);
        }

        private Duration next(Duration rest) {
            Duration doubled = rest.compareTo(first) < 0 ? first : rest.multipliedBy(2);
            return doubled.compareTo(longest) > 0 ? longest : doubled;
        }
    }

    private PolledArrivals(
            String source,
            Function<SortedMap<Integer, PartitionPosition>, Feed> open,
            SortedMap<Integer, PartitionPosition> from,
            Rests rests,
            LiveListener listener) {
        this.source = source;
        this.open = open;
        this.at = new TreeMap<>(from);
        this.rests = rests;
        this.rest = rests.idle();
        this.listener = listener;
    }

    /**
     * The stream.
     *
     * @param open opens the feed at a position
     * @param executor whose threads may wait for disks
     */
    static Source<Arrival, NotUsed> of(
            String source,
            Function<SortedMap<Integer, PartitionPosition>, Feed> open,
            SortedMap<Integer, PartitionPosition> from,
            Rests rests,
            Executor executor,
            LiveListener listener) {
        return Source.<List<Arrival>, PolledArrivals>unfoldResourceAsync(
                        () -> CompletableFuture.completedFuture(
                                new PolledArrivals(source, open, from, rests, listener)),
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
        } catch (GivenUp e) {
            more.completeExceptionally(e.getCause());
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
                feed = open.apply(Collections.unmodifiableSortedMap(at));
            }
            List<Arrival> found = feed.poll();
            found.forEach(arrival ->
                    at.compute(arrival.partition(), (_, before) -> PartitionPosition.after(before, arrival)));
            rest = rests.idle();
            tell(feed.trouble());
            return Optional.of(found);
        } catch (UncheckedIOException | Refused e) {
            rest = rests.next(rest);
            tell(Failures.why(e));
            closeFeed();
            return Optional.of(List.of());
        }
    }

    /** Tells the listener of a trouble, once until it is another. */
    private void tell(String now) {
        if (!Objects.equals(now, trouble)) {
            trouble = now;
            listener.sourceTrouble(source, now);
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
                listener.sourceError(source, Failures.why(e));
            }
        }
    }
}
