package io.espalier.actors.rank;

/**
 * The last known state of a rank; readable at any time without asking it.
 *
 * @param name of the rank, unique in its node
 * @param answered requests answered since it started
 * @param restarts times it was started again
 * @param progress share of its model that is loaded, 0 to 1
 * @param device that it is bound to; empty where that is not told
 * @param cause of its last failure; empty where there was none
 * @param failedAtMillis when that was, since the epoch; 0 where there was none
 */
public record RankStatus(
        String name,
        State state,
        long answered,
        int restarts,
        double progress,
        String device,
        String cause,
        long failedAtMillis) {
    /** Makes the status of a rank that has not failed, on a device that is not told. */
    public RankStatus(String name, State state, long answered, int restarts) {
        this(name, state, answered, restarts, 0, "", "", 0);
    }

    /** The status of a rank without a model, which will have one soon or waits for a job. */
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
        /** It will not answer again: given up, or hung in a native call, as the cause says. */
        FAILED,
        STOPPED
    }

    /** The status with the rank's device. */
    public RankStatus on(String newDevice) {
        return new RankStatus(name, state, answered, restarts, progress, newDevice, cause, failedAtMillis);
    }

    RankStatus in(State newState) {
        return new RankStatus(name, newState, answered, restarts, progress, device, cause, failedAtMillis);
    }

    RankStatus loaded(double share) {
        return new RankStatus(name, state, answered, restarts, share, device, cause, failedAtMillis);
    }

    RankStatus answeredOneMore() {
        return new RankStatus(name, State.READY, answered + 1, restarts, progress, device, cause, failedAtMillis);
    }

    RankStatus restarting() {
        return new RankStatus(name, State.LOADING, answered, restarts + 1, 0, device, cause, failedAtMillis);
    }

    RankStatus failed(String newCause, long atMillis) {
        return new RankStatus(name, state, answered, restarts, progress, device, newCause, atMillis);
    }
}
