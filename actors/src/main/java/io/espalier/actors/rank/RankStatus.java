package io.espalier.actors.rank;

/**
 * What a rank was last seen doing; readable at any time without asking it.
 *
 * @param name of the rank, unique in its node
 * @param answered requests answered since it started
 * @param restarts times it was started again
 */
public record RankStatus(String name, State state, long answered, int restarts) {
    /** Of a rank without a model, which will have one soon or waits for a job. */
    public static RankStatus idle(String name, boolean soon) {
        return new RankStatus(name, soon ? State.LOADING : State.IDLE, 0, 0);
    }

    /** The life of a rank. */
    public enum State {
        /** It has nothing to do, and holds no model. */
        IDLE,
        LOADING,
        READY,
        WORKING,
        FAILED,
        STOPPED
    }
}
