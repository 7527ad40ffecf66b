package io.espalier.streams.live;

import io.espalier.gpu.batch.Provenance;
import java.time.Instant;

/**
 * A record that nothing can be learnt from.
 *
 * @param key null where it has none
 * @param time when it came
 * @param where it stands, as people look for it
 * @param excerpt of its beginning; what is no text in it is replaced
 */
public record DeadLetter(Provenance record, String key, Instant time, String where, String reason, String excerpt) {}
