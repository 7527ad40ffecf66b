package io.espalier.streams.source;

import com.fasterxml.jackson.databind.JsonNode;

/** Rows with fields in a fixed order. Used by one thread at a time. */
public interface FieldReader extends AutoCloseable {
    /**
     * A row.
     *
     * @param fields an object
     * @param where file and line or row, counted from 1, as messages name it
     */
    record Fields(JsonNode fields, String where) {}

    /** The next row, or null after the last. */
    Fields next();

    @Override
    void close();
}
