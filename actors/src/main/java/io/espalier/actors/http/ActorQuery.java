package io.espalier.actors.http;

import java.util.Optional;

/**
 * A query for actors.
 *
 * @param type class of actor; empty for all
 * @param state empty for all
 * @param cursor as an earlier answer gave it, to go on from there; empty for the beginning
 * @param limit most of them
 */
public record ActorQuery(Optional<String> type, Optional<String> state, Optional<String> cursor, int limit) {}
