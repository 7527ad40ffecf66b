package io.espalier.streams.batch;

import io.espalier.gpu.batch.Provenance;
import java.util.List;

/**
 * A packed row of seqLength + 1 ids, and the records it was cut from.
 *
 * @param counted which of the ids count as targets
 * @param begins at which of the ids behind the first and before the last a document begins that does not see those
 *     before, ascending
 * @param next where the text goes on after it; null where it is not shuffled
 */
public record Row(int[] ids, boolean[] counted, int[] begins, List<Provenance> provenance, TextPosition next) {
    public Row(int[] ids, boolean[] counted, int[] begins, List<Provenance> provenance) {
        this(ids, counted, begins, provenance, null);
    }

    Row followedBy(TextPosition position) {
        return new Row(ids, counted, begins, provenance, position);
    }

    /** Whether there is anything to learn from it: the first id is no target. */
    boolean teaches() {
        for (int i = 1; i < counted.length; i++) {
            if (counted[i]) {
                return true;
            }
        }
        return false;
    }
}
