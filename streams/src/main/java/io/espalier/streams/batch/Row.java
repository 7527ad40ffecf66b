package io.espalier.streams.batch;

import io.espalier.gpu.batch.Provenance;
import java.util.List;

/**
 * One packed row of seqLength + 1 ids, and the records it was cut from.
 *
 * @param counted which of the ids count as targets
 * @param next where the text goes on after it; null where it is not shuffled
 */
public record Row(int[] ids, boolean[] counted, List<Provenance> provenance, TextPosition next) {
    public Row(int[] ids, boolean[] counted, List<Provenance> provenance) {
        this(ids, counted, provenance, null);
    }

    Row followedBy(TextPosition position) {
        return new Row(ids, counted, provenance, position);
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
