package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Refused;
import java.util.List;
import java.util.function.Consumer;

/**
 * The answers for pages and probes: immutable, already there, never asked of a rank, so that no answer waits. Any
 * thread may call. A job that is not known is refused as {@link Refused.Reason#NOT_FOUND}.
 */
public interface Snapshots {
    JsonNode overview();

    JsonNode jobs();

    JsonNode job(String id);

    /** Stages and what flows between them. */
    JsonNode graph(String job);

    JsonNode series(String job, SeriesQuery query);

    JsonNode checkpoints(String job);

    JsonNode versions(String job);

    JsonNode ledger(String job);

    /**
     * The newest first.
     *
     * @param limit most that are wanted
     */
    JsonNode deadLetters(String job, int limit);

    /** Events of one job with a sequence number above {@code after}, the oldest first. */
    JsonNode jobEvents(String job, long after, int limit);

    JsonNode actors(ActorQuery query);

    JsonNode ranks();

    JsonNode transport();

    JsonNode members();

    /** The settings in force; secrets are already left out. */
    JsonNode config();

    /** Retained events with a sequence number above {@code after}, the oldest first, at most {@code limit}. */
    List<HubEvent> events(long after, int limit);

    /**
     * Tells a listener of each later event, in the order of their sequence numbers.
     *
     * @param listener must return at once
     */
    Subscription subscribe(Consumer<HubEvent> listener);

    Health health();

    /** Metrics in Prometheus' text format. */
    String prometheus();

    /** Ends when it is closed; idempotent. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}
