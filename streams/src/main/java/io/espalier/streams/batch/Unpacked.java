package io.espalier.streams.batch;

import io.espalier.gpu.batch.Provenance;
import java.util.List;

/**
 * Ids that have been read and do not fill a row yet.
 *
 * @param counted which of them count as targets
 * @param begins at which of them a document begins that does not see those before; none where all see each other
 * @param spans the records that they came from, in order; together as many ids
 */
public record Unpacked(int[] ids, boolean[] counted, boolean[] begins, List<Span> spans) {
    public static final Unpacked NONE = new Unpacked(new int[0], new boolean[0], new boolean[0], List.of());

    /** A record and how many of the ids are still its own. */
    public record Span(Provenance provenance, int ids) {}

    public Unpacked {
        spans = List.copyOf(spans);
        if (counted.length != ids.length || begins.length != ids.length) {
            throw new IllegalArgumentException(
                    ids.length + " ids and masks of " + counted.length + " and " + begins.length);
        }
    }
}
