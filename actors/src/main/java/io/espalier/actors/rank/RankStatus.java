package io.espalier.actors.rank;

/**
 * What a rank was last seen doing; readable at any time without asking it.
 *
 * @param name of the rank, unique in its node
 * @param answered requests answered since it started
 * @param restarts times it was started again
 */
public record RankStatus(String name, State state, long answered, int restarts) {
    /** The life of a rank. */
    public enum State {
        LOADING,
        READY,
        WORKING,
        FAILED,
        STOPPED
    }
}
