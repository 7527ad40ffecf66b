package io.espalier.actors.http;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A bucket of tokens for each client address, filled at a steady rate. Remembers a bounded number of addresses: the one
 * that has been silent longest is forgotten first, and its bucket is full again.
 */
final class RateLimiter {
    private static final double NANOS = 1e9;

    private final double perSecond;
    private final double burst;
    private final LongSupplier nanoTime;
    private final Map<String, Bucket> buckets;

    /** The bucket of a client after its last request. */
    private record Bucket(double tokens, long nanos) {}

    RateLimiter(LimitSettings limits, LongSupplier nanoTime) {
        this.perSecond = limits.requestsPerSecond();
        this.burst = limits.burst();
        this.nanoTime = nanoTime;
        this.buckets = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                return size() > limits.clients();
            }
        };
    }

    /**
     * Counts one request of a client.
     *
     * @throws Problem 429 where it is one too many
     */
    synchronized void count(String client) {
        long now = nanoTime.getAsLong();
        Bucket last = buckets.getOrDefault(client, new Bucket(burst, now));
        double tokens = Math.min(burst, last.tokens + (now - last.nanos) / NANOS * perSecond);
        buckets.put(client, new Bucket(tokens < 1 ? tokens : tokens - 1, now));
        if (tokens < 1) {
            throw Problem.tryAgain(
                    "too_many_requests", "more than " + (long) perSecond + " requests a second", Duration.ofNanos((long)
                            ((1 - tokens) / perSecond * NANOS)));
        }
    }
}
