package io.espalier.streams.live;

import java.util.List;

/**
 * The live rows of the past that may be replayed.
 *
 * @param rows that were taken since the beginning
 * @param segments numbers of the files of rows that the reservoir holds
 * @param draws of rows from it
 */
record PastPosition(long rows, List<Long> segments, long draws) {
    static final PastPosition START = new PastPosition(0, List.of(), 0);

    PastPosition {
        segments = List.copyOf(segments);
    }
}
