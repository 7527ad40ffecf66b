package io.espalier.actors.http;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A query for a part of a job's history.
 *
 * @param names of series; empty for all
 * @param from first moment; empty for the beginning
 * @param to last moment; empty for now
 * @param maxPoints of each series, above which it is thinned out
 */
public record SeriesQuery(List<String> names, Optional<Instant> from, Optional<Instant> to, int maxPoints) {
    public SeriesQuery {
        names = List.copyOf(names);
    }
}
