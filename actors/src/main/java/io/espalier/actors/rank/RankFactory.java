package io.espalier.actors.rank;

import java.util.function.DoubleConsumer;

/** Opens a rank's session on the thread that will use it; again after each restart. */
@FunctionalInterface
public interface RankFactory {
    /**
     * Loads what the rank works with.
     *
     * @param progress told the share that is loaded, 0 to 1, now and then; that it is told is the sign that loading goes on
     */
    Session open(DoubleConsumer progress);
}
