package io.espalier.streams.live;

import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.batch.Encoded;

/** An arrival as ids. */
sealed interface Decoded {
    Arrival arrival();

    /** A record that can be packed. */
    record Text(Arrival.Item arrival, Encoded ids) implements Decoded {
        Provenance provenance() {
            return new Provenance(arrival.source(), arrival.partition(), arrival.offset(), arrival.next());
        }
    }

    /** A record that nothing can be learnt from. */
    record Dead(Arrival.Item arrival, String reason) implements Decoded {}

    /** An arrival that gives no ids: a mark, a tombstone or an empty record. */
    record Nothing(Arrival arrival) implements Decoded {}
}
