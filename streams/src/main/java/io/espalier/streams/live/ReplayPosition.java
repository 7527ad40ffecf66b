package io.espalier.streams.live;

import io.espalier.streams.batch.TextPosition;
import java.util.OptionalDouble;

/**
 * The place where rows of earlier text that are mixed in go on.
 *
 * @param owed of the next such row, what the rows since the last one have earned
 * @param anchors in the anchored files; null before the first row of them
 * @param share of rows as set at run time; empty where it is the recipe's
 * @param pastOwed of the next row of the past, what anchored ones since the last have earned
 * @param past what the past holds
 */
record ReplayPosition(double owed, TextPosition anchors, OptionalDouble share, double pastOwed, PastPosition past) {
    static final ReplayPosition START = new ReplayPosition(0, null, OptionalDouble.empty(), 0, PastPosition.START);

    io.espalier.proto.state.ReplayPosition stored() {
        io.espalier.proto.state.ReplayPosition.Builder stored = io.espalier.proto.state.ReplayPosition.newBuilder()
                .setOwed(owed)
                .setPastOwed(pastOwed)
                .setPastRows(past.rows())
                .addAllPastFiles(past.segments())
                .setPastDraws(past.draws());
        if (anchors != null) {
            stored.setAnchors(anchors.stored());
        }
        share.ifPresent(stored::setShare);
        return stored.build();
    }

    static ReplayPosition of(io.espalier.proto.state.ReplayPosition stored) {
        return new ReplayPosition(
                stored.getOwed(),
                stored.hasAnchors() ? TextPosition.of(stored.getAnchors()) : null,
                stored.hasShare() ? OptionalDouble.of(stored.getShare()) : OptionalDouble.empty(),
                stored.getPastOwed(),
                new PastPosition(stored.getPastRows(), stored.getPastFilesList(), stored.getPastDraws()));
    }
}
