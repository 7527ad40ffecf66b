package io.espalier.streams.batch;

import io.espalier.gpu.batch.Provenance;
import java.util.List;

/**
 * One packed row of seqLength + 1 ids, and the records it was cut from.
 *
 * @param next where the text goes on after it; null where it is not shuffled
 */
record Row(int[] ids, List<Provenance> provenance, TextPosition next) {
    Row(int[] ids, List<Provenance> provenance) {
        this(ids, provenance, null);
    }

    Row followedBy(TextPosition position) {
        return new Row(ids, provenance, position);
    }
}
