package io.espalier.actors.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The way of records from clients to the students. */
public interface Ingest {
    /**
     * Takes all of the records or none. Completes exceptionally with {@link Refused}, NOT_FOUND where no running job has
     * such a source.
     */
    CompletionStage<Outcome> append(String source, List<Item> records);

    /**
     * A record that is handed in.
     *
     * @param key two records with the same key are one; empty for none
     * @param value an object with {@code text} or {@code messages} alone
     */
    record Item(Optional<String> key, ObjectNode value) {}

    /** The outcome of handing in records. */
    sealed interface Outcome {
        /**
         * They are on disk.
         *
         * @param accepted new ones
         * @param duplicates dropped, because their keys had been seen
         */
        record Stored(int accepted, int duplicates) implements Outcome {}

        /** None was taken: the student is behind. */
        record Full(Duration retryAfter) implements Outcome {}

        /** None was taken: they cannot be stored now, a disk without room, say. */
        record Unwell(String why, Duration retryAfter) implements Outcome {}
    }
}
