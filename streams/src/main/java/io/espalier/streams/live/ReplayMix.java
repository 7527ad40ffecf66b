package io.espalier.streams.live;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.batch.Row;
import io.espalier.streams.batch.TextPosition;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/**
 * Which row is one of earlier text: as many as their share says, evenly spread. What decides is a part of the position, so
 * that a stream goes on as it would have. Used by one thread.
 */
final class ReplayMix {
    private static final double ROUNDING = 1e-9;

    private final double ofRecipe;
    private final Supplier<OptionalDouble> ofOperator;
    private double owed;
    private TextPosition anchors;

    /**
     * @param ofRecipe share of rows
     * @param ofOperator the same as it was set at run time
     */
    ReplayMix(double ofRecipe, Supplier<OptionalDouble> ofOperator, ReplayPosition from) {
        this.ofRecipe = ofRecipe;
        this.ofOperator = ofOperator;
        this.owed = from.owed();
        this.anchors = from.anchors();
    }

    /** Whether the next row is to be an earlier one. */
    boolean isDue() {
        return owed + share() >= 1 - ROUNDING;
    }

    private double share() {
        return ofOperator.get().orElse(ofRecipe);
    }

    /** A live row was taken. What could not be replayed is not made up for. */
    void tookLive() {
        owed = Math.min(1, owed + share());
    }

    /** Takes a row of the anchored files. */
    Row take(TokenBatch anchor) {
        owed = Math.max(0, owed + share() - 1);
        anchors = (TextPosition) anchor.next();
        boolean[] counted = new boolean[anchor.seqLength() + 1];
        Arrays.fill(counted, true);
        if (anchor.lossMask() != null) {
            System.arraycopy(anchor.lossMask(), 0, counted, 1, anchor.seqLength());
        }
        return new Row(anchor.ids(), counted, anchor.provenance());
    }

    ReplayPosition position() {
        return new ReplayPosition(owed, anchors, ofOperator.get());
    }
}
