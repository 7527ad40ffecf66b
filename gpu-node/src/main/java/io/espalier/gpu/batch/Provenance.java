package io.espalier.gpu.batch;

/**
 * The origin of text: the half-open range {@code [from, to)} of records of one partition of one source.
 *
 * @param source a file's path or a stream's name
 * @param partition 0 where a source has only one
 * @param from first record, counted from 0
 * @param to one past the last record
 */
public record Provenance(String source, int partition, long from, long to) {
    public Provenance {
        if (from < 0 || to <= from) {
            throw new IllegalArgumentException("Provenance of " + source + ": [" + from + ", " + to + ") is empty");
        }
    }
}
