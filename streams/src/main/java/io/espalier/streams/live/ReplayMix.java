package io.espalier.streams.live;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.batch.Row;
import io.espalier.streams.batch.TextPosition;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/**
 * Decides which rows are rows of earlier text: as many as their share says, evenly spread, from anchored files and from
 * the run's own past by turns. The state of the decision is a part of the position, so that a stream goes on as it
 * would have. Used by one thread.
 */
final class ReplayMix implements AutoCloseable {
    private static final double ROUNDING = 1e-9;

    private final ReplaySettings settings;
    private final Supplier<OptionalDouble> ofOperator;
    /** Null where none are kept. */
    private final PastRows past;

    private double owed;
    private double pastOwed;
    private TextPosition anchors;

    /**
     * @param ofOperator share of rows as it was set at run time
     * @param past closed with this; null where none are kept
     */
    ReplayMix(ReplaySettings settings, Supplier<OptionalDouble> ofOperator, PastRows past, ReplayPosition from) {
        this.settings = settings;
        this.ofOperator = ofOperator;
        this.past = past;
        this.owed = from.owed();
        this.pastOwed = from.pastOwed();
        this.anchors = from.anchors();
    }

    /** Whether the next row is to be an earlier one. */
    boolean isDue() {
        return owed + share() >= 1 - ROUNDING;
    }

    private double share() {
        return ofOperator.get().orElse(settings.share());
    }

    /** A live row was taken. Rows that could not be replayed are not made up for. */
    void tookLive(Row row) {
        owed = Math.min(1, owed + share());
        if (past != null) {
            past.add(row);
        }
    }

    /** A row of the past where it is its turn; null where it is not, or there is none. */
    Row past() {
        boolean isTurn = settings.anchors().isEmpty() || pastOwed + settings.pastShare() >= 1 - ROUNDING;
        Row row = past != null && isTurn ? past.draw() : null;
        if (row != null) {
            tookEarlier();
            pastOwed = Math.max(0, pastOwed + settings.pastShare() - 1);
        }
        return row;
    }

    /** Takes a row of the anchored files. */
    Row take(TokenBatch anchor) {
        tookEarlier();
        pastOwed = Math.min(1, pastOwed + settings.pastShare());
        anchors = (TextPosition) anchor.next();
        boolean[] counted = new boolean[anchor.seqLength() + 1];
        Arrays.fill(counted, true);
        if (anchor.lossMask() != null) {
            System.arraycopy(anchor.lossMask(), 0, counted, 1, anchor.seqLength());
        }
        return new Row(anchor.ids(), counted, anchor.begins(), anchor.provenance());
    }

    private void tookEarlier() {
        owed = Math.max(0, owed + share() - 1);
    }

    ReplayPosition position() {
        return new ReplayPosition(
                owed, anchors, ofOperator.get(), pastOwed, past == null ? PastPosition.START : past.position());
    }

    @Override
    public void close() {
        if (past != null) {
            past.close();
        }
    }
}
