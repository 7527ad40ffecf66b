package io.espalier.actors.rank;

/** Opens a rank's session on the thread that will use it; again after each restart. */
@FunctionalInterface
public interface RankFactory {
    Session open();
}
