package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * An event as clients are told of it.
 *
 * @param sequence ascending, and kept over restarts of the daemon; above 0
 * @param kind {@code [a-z_]+}
 * @param data all of it, kind and sequence included
 */
public record HubEvent(long sequence, String kind, JsonNode data) {
    public HubEvent {
        if (sequence < 1 || !kind.matches("[a-z_]+")) {
            throw new IllegalArgumentException("event " + sequence + " of kind " + kind);
        }
    }
}
